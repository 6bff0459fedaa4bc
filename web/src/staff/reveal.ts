/// As narrow as `.staff-split` lays the chosen one below the list (staff-layout.css).
const below_list = '(width < 62rem)'

/// For the `ref` of what a person chose in a list, with tabIndex -1: where it stands below the list, out of sight, it gets the focus
/// and with it the view.
export function reveal(chosen: HTMLElement | null): void {
    if (chosen && window.matchMedia?.(below_list).matches) chosen.focus()
}
