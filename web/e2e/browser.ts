/// Debian's Chromium without a desktop, which takes half the time of the whole one, driven by playwright-core. Nothing is
/// downloaded, and nothing is asked of the internet.
import { chromium, type Browser, type BrowserContext } from 'playwright-core'

export async function open_browser(): Promise<Browser> {
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
        args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
            '--disable-dev-shm-usage',
        ],
    })
}

export interface Look {
    width: number
    scheme: 'light' | 'dark'
    language: 'nb' | 'nn' | 'en'
}

/// A reader: a phone or a desk, light or dark, in a language. Requests to other hosts fail, as without internet.
export async function open_reader(browser: Browser, base: string, look: Look, script = true): Promise<BrowserContext> {
    const reader = await browser.newContext({
        baseURL: base,
        viewport: { width: look.width, height: look.width < 700 ? 640 : 900 },
        colorScheme: look.scheme,
        locale: { nb: 'nb-NO', nn: 'nn-NO', en: 'en-GB' }[look.language],
        timezoneId: 'Europe/Oslo',
        reducedMotion: 'reduce',
        javaScriptEnabled: script,
        geolocation: { latitude: 59.744, longitude: 10.204 },
    })
    // Against hanging, not to measure: the machine may be busy.
    reader.setDefaultTimeout(60_000)
    await reader.route(
        (url) => url.origin !== new URL(base).origin && url.protocol.startsWith('http'),
        (route) => route.abort(),
    )
    return reader
}
