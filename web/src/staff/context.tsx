import { createContext, useCallback, useContext, useEffect, useRef, useState } from 'react'
import { Refused } from '../api/client.ts'
import type { Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'

export interface Staff {
    words: Words
    format: Format
    /// The session is over: show the sign-in form again.
    signed_out: () => void
}

export const StaffContext = createContext<Staff | null>(null)

export function useStaff(): Staff {
    const staff = useContext(StaffContext)
    if (!staff) throw new Error('used outside the staff app')
    return staff
}

/// What to tell the person when a call failed. What is wrong with the server itself is detailed for its log, in English.
export function sentence_of(fault: unknown, staff: Pick<Staff, 'words'>): string {
    if (fault instanceof Refused) {
        const { status, title, detail, what_to_do } = fault.problem
        return status < 500 ? detail : [`${title}.`, what_to_do].filter(Boolean).join(' ')
    }
    return staff.words.say('staff.offline')
}

export interface Loaded<T> {
    value: T | undefined
    fault: string | undefined
    reload: () => void
}

/// Fetches when `key` changes. Keeps the old value on screen while the new one comes.
export function useLoad<T>(key: string, fetch_it: (signal: AbortSignal) => Promise<T>): Loaded<T> {
    const staff = useStaff()
    const [state, set_state] = useState<{ value?: T; fault?: string }>({})
    const [turn, set_turn] = useState(0)
    const latest = useRef(fetch_it)
    latest.current = fetch_it
    useEffect(() => {
        const control = new AbortController()
        latest.current(control.signal).then(
            (value) => !control.signal.aborted && set_state({ value }),
            (fault: unknown) => {
                if (control.signal.aborted) return
                if (fault instanceof Refused && fault.problem.status === 401) return staff.signed_out()
                set_state((before) => ({ ...before, fault: sentence_of(fault, staff) }))
            },
        )
        return () => control.abort()
    }, [key, turn, staff])
    const reload = useCallback(() => set_turn((n) => n + 1), [])
    return { value: state.value, fault: state.fault, reload }
}

/// Something a person does: runs it once at a time and says what became of it.
export function useAct() {
    const staff = useStaff()
    const [busy, set_busy] = useState(false)
    const [fault, set_fault] = useState<string>()
    const act = useCallback(
        async (work: () => Promise<void>) => {
            set_busy(true)
            set_fault(undefined)
            try {
                await work()
            } catch (problem) {
                if (problem instanceof Refused && problem.problem.status === 401) staff.signed_out()
                set_fault(sentence_of(problem, staff))
            } finally {
                set_busy(false)
            }
        },
        [staff],
    )
    return { act, busy, fault }
}
