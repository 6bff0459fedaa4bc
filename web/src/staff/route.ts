import { type MouseEvent, useSyncExternalStore } from 'react'

/// The address is the state: every view of the staff pages can be linked to and reloaded.
const changed = 'bypuls:route'

function subscribe(tell: () => void): () => void {
    window.addEventListener('popstate', tell)
    window.addEventListener(changed, tell)
    return () => {
        window.removeEventListener('popstate', tell)
        window.removeEventListener(changed, tell)
    }
}

export function go(address: string, how: 'push' | 'replace' = 'push'): void {
    history[how === 'push' ? 'pushState' : 'replaceState'](null, '', address)
    window.dispatchEvent(new Event(changed))
}

/// For a link within the staff pages: the view changes without a page being fetched, unless another tab or window is asked for.
export function follow(event: MouseEvent<HTMLAnchorElement>): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(event.currentTarget.pathname)
}

export interface Route {
    /// "devices", then what follows: ["70b3d57ed0065a1f"].
    view: string
    rest: string[]
    query: URLSearchParams
}

/// A part of an address that somebody cut in the middle of a letter is read as it stands.
function decoded(part: string): string {
    try {
        return decodeURIComponent(part)
    } catch {
        return part
    }
}

export function read_route(path: string, search: string): Route {
    const [view = '', ...rest] = path.replace(/^\/staff\/?/, '').split('/').map(decoded)
    return { view: view || 'inbox', rest: rest.filter(Boolean), query: new URLSearchParams(search) }
}

export function useRoute(): Route {
    const address = useSyncExternalStore(subscribe, () => location.pathname + location.search)
    const [path = '', search = ''] = address.split('?')
    return read_route(path, search)
}

/// One parameter of the address, such as the filter of a list.
export function set_query(name: string, value: string): void {
    const query = new URLSearchParams(location.search)
    if (value) query.set(name, value)
    else query.delete(name)
    const text = query.toString()
    go(location.pathname + (text ? `?${text}` : ''), 'replace')
}
