/// Keeps a stream of server-sent events open while the page is looked at, and tells when it is lost and when it is back. A browser
/// has few streams for all its tabs, and the town has so many for all its readers.

export type Connection = 'on' | 'lost' | 'back'

/// A stream that is back sooner was never missed: a server that is started anew, a phone that changes its network.
const grace = 3_000
/// The browser tries by itself after a cut, but gives up for good when the answer is an error, as a proxy gives while the server
/// is away. Then we try, less and less often.
const again_first = 5_000
const again_max = 60_000

type Listens = Pick<EventTarget, 'addEventListener'>

export function keep_connected(
    address: string,
    listen: (source: EventSource) => void,
    tell: (state: Connection) => void,
    root: Listens = window,
    page: Listens & Pick<Document, 'visibilityState'> = document,
): void {
    let source: EventSource | undefined
    let told: Connection | undefined
    let wait = again_first
    let lost_timer: ReturnType<typeof setTimeout> | undefined
    let again_timer: ReturnType<typeof setTimeout> | undefined

    const say = (state: Connection) => {
        if (told === state) return
        told = state
        tell(state)
    }
    const stop_timers = () => {
        clearTimeout(lost_timer)
        clearTimeout(again_timer)
        lost_timer = again_timer = undefined
    }
    const opened = () => {
        stop_timers()
        wait = again_first
        if (told === undefined) say('on')
        else if (told === 'lost') say('back')
    }
    const failed = () => {
        if (page.visibilityState === 'hidden') return
        lost_timer ??= setTimeout(() => say('lost'), grace)
        if (source?.readyState !== EventSource.CLOSED || again_timer !== undefined) return
        again_timer = setTimeout(open, wait)
        wait = Math.min(wait * 2, again_max)
    }
    function open(): void {
        again_timer = undefined
        source?.close()
        source = new EventSource(address)
        source.addEventListener('open', opened)
        source.addEventListener('error', failed)
        listen(source)
    }

    const begin_anew = () => {
        stop_timers()
        wait = again_first
        open()
    }

    if (page.visibilityState !== 'hidden') open()
    // The server tells what is known by then when the page is looked at again.
    page.addEventListener('visibilitychange', () => {
        if (page.visibilityState !== 'hidden') return begin_anew()
        stop_timers()
        source?.close()
    })
    // A stream over a network that is gone stays silent; the browser knows sooner.
    root.addEventListener('offline', () => say('lost'))
    root.addEventListener('online', () => page.visibilityState !== 'hidden' && begin_anew())
}
