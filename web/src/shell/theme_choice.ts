/// The choice of colours in the footer: shown by script, since it does nothing without.
export function start_theme_choice(root: Document = document): void {
    for (const choice of root.querySelectorAll<HTMLSelectElement>('[data-theme-choice]')) {
        choice.value = root.documentElement.dataset.colorScheme ?? 'auto'
        choice.closest('label')?.removeAttribute('hidden')
        choice.addEventListener('change', () => {
            root.documentElement.dataset.colorScheme = choice.value
            try {
                if (choice.value === 'auto') localStorage.removeItem('theme')
                else localStorage.setItem('theme', choice.value)
            } catch {
                // The choice then lasts for this page.
            }
        })
    }
}
