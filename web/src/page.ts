/// Every public page's script. Small by itself: islands, and React with them, come only where a page has one.
import './style/page.css'
import { start_islands, type Island } from './islands/mount.ts'
import { start_live } from './live/live.ts'
import { start_theme_choice } from './shell/theme_choice.ts'
import { start_sorting } from './tables/sort.ts'
import { page_language } from './words/language.ts'
import { public_words } from './words/load.ts'
import type { Words } from './words/words.ts'

let loading: Promise<Words> | undefined
const words = () => (loading ??= public_words(page_language()))

start_theme_choice()
start_islands(import.meta.glob<Island>('./*/*.island.tsx'), words)
start_live(words)
void start_sorting(words)
