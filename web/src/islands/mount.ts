import type { Words } from '../words/words.ts'

/// What `<name>.island.tsx` exports. `element` holds the server's fallback; the island may keep, hide or replace it.
export interface Island<Props = unknown> {
    mount: (element: HTMLElement, props: Props, words: Words) => void
    /// 'visible' (the default) waits until the element comes near; 'now' does not.
    when?: 'now' | 'visible'
}

export type IslandLoaders = Record<string, () => Promise<Island>>

export function read_props(element: HTMLElement): unknown {
    return JSON.parse(element.dataset.props || '{}')
}

function when_near(element: HTMLElement, then: () => void): void {
    if (!('IntersectionObserver' in window)) return then()
    const observer = new IntersectionObserver(
        (entries) => {
            if (!entries.some((entry) => entry.isIntersecting)) return
            observer.disconnect()
            then()
        },
        { rootMargin: '400px' },
    )
    observer.observe(element)
}

/// Brings the islands of the page to life. One that fails leaves its fallback as it was.
export function start_islands(loaders: IslandLoaders, words: () => Promise<Words>, root: ParentNode = document): void {
    const by_name = new Map(Object.entries(loaders).map(([path, load]) => [/([^/]+)\.island\.tsx?$/.exec(path)?.[1], load]))
    for (const element of root.querySelectorAll<HTMLElement>('[data-island]')) {
        const load = by_name.get(element.dataset.island)
        if (!load) continue
        when_near(element, async () => {
            try {
                const [island, say] = await Promise.all([load(), words()])
                island.mount(element, read_props(element), say)
                element.dataset.islandState = 'alive'
            } catch (fault) {
                element.dataset.islandState = 'failed'
                console.error(`island ${element.dataset.island}`, fault)
            }
        })
    }
}
