import type { ComponentType } from 'react'
import { createRoot } from 'react-dom/client'
import type { Words } from '../words/words.ts'

/// A React component as an island: drawn above the server's fallback, which stays for those who need it.
export function react_island<Props extends object>(Component: ComponentType<Props & { words: Words; fallback: HTMLElement }>) {
    return (element: HTMLElement, props: Props, words: Words): void => {
        const fallback = document.createElement('div')
        fallback.append(...element.childNodes)
        const stage = document.createElement('div')
        element.append(stage, fallback)
        createRoot(stage).render(<Component {...props} words={words} fallback={fallback} />)
    }
}
