/// What an island begins with that does something only when asked: a button, and the line that tells how it goes.
export function press(text: string): { button: HTMLButtonElement; told: HTMLParagraphElement } {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'ds-button'
    button.dataset.variant = 'secondary'
    button.dataset.size = 'sm'
    button.textContent = text
    const told = document.createElement('p')
    told.className = 'bp-quiet'
    told.setAttribute('role', 'status')
    return { button, told }
}
