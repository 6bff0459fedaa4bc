/// Sets the chosen colours before the first paint. Loaded as a classic script in <head>, so it imports nothing.
;(() => {
    const root = document.documentElement
    try {
        const chosen = localStorage.getItem('theme')
        if (chosen === 'light' || chosen === 'dark') root.dataset.colorScheme = chosen
    } catch {
        // Storage may be closed to us; the device's own colours are used.
    }
})()
