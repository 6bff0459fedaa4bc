import { startTransition, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { react_island } from '../islands/react.tsx'
import { Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'
import CountingWorker from './counting.worker.ts?worker&inline'
import { askable, Distances, effort_of, type HowClose, nothing_known } from './distances.ts'
import { type BesideKnown, FiguresOf } from './figures.tsx'
import { Fingerprints } from './fingerprints.tsx'
import { read_given, type Unpack } from './given.ts'
import { First, Outcome } from './outcome.tsx'
import type { Counted, Summary } from './protocol.ts'
import { fault_in_words, Notice, Working } from './parts.tsx'
import { type Own, OwnVote } from './own_vote.tsx'
import { Published } from './published.tsx'
import './recount.css'
import { Rounds, Ties } from './rounds.tsx'
import { offered_rules, rule_in_words, RuleChoice, type RuleOption } from './rule_choice.tsx'
import { whole_budget } from './counting/election.ts'
import { type Rule, rule_named } from './counting/rule.ts'
import { counted_in_points, Teller } from './sentences.ts'
import { Session, Stopped } from './session.ts'
import { type OnTable, Table } from './table.ts'
import { verdict_of_file, verdict_of_result } from './verdict.ts'
import { recount_words } from './words.ts'

/// Counts a published election in the browser. Everything it needs comes with the page, so counting needs no network.
export interface RecountProps {
    /// An election of the library to begin with: its file's address and name.
    file?: { href: string; name: string; simulated?: boolean }
}

/// The rule chosen is in the address, so that a count can be sent to somebody.
const rule_parameter = 'regel'

function put_rule(address: URL, rule: string): URL {
    if (rule_named(rule)) address.searchParams.set(rule_parameter, rule)
    else address.searchParams.delete(rule_parameter)
    return address
}

function remember_rule(rule: string): void {
    history.replaceState(null, '', put_rule(new URL(location.href), rule))
    // Another language shows the same count.
    for (const link of document.querySelectorAll<HTMLAnchorElement>('.bp-languages a')) link.href = put_rule(new URL(link.href), rule).href
}

/// Files may be dropped anywhere: a browser opens those that miss, and the page would be gone. True while files are above the page.
function use_drop(take: (files: Iterable<File>) => void): boolean {
    const [over, set_over] = useState(false)
    useEffect(() => {
        const has_files = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
        const drag = (event: DragEvent) => {
            if (!has_files(event)) return
            event.preventDefault()
            set_over(true)
        }
        const leave = (event: DragEvent) => event.relatedTarget === null && set_over(false)
        const drop = (event: DragEvent) => {
            if (!has_files(event)) return
            event.preventDefault()
            set_over(false)
            take(event.dataTransfer!.files)
        }
        document.addEventListener('dragover', drag)
        document.addEventListener('dragleave', leave)
        document.addEventListener('drop', drop)
        return () => {
            document.removeEventListener('dragover', drag)
            document.removeEventListener('dragleave', leave)
            document.removeEventListener('drop', drop)
        }
    }, [take])
    return over
}

/// No kinds of files are asked for: a phone does not know what .pb is, and would show it grey.
function Files({ words, take }: { words: Words; take: (files: Iterable<File>) => void }) {
    const over = use_drop(take)
    return (
        <div className="ds-field recount-files" data-over={over}>
            <label className="ds-label" data-weight="medium" htmlFor="recount-files">
                {words.say('recount.choose')}
            </label>
            <div data-field="description" id="recount-files-hint">
                {words.say('recount.choose_hint')}
            </div>
            <input
                className="ds-input"
                id="recount-files"
                type="file"
                multiple
                aria-describedby="recount-files-hint"
                onClick={(event) => (event.currentTarget.value = '')} // so that the same file, mended, can be chosen again
                onChange={(event) => event.target.files?.length && take(event.target.files)}
            />
        </div>
    )
}

function Troubles({ words, table }: { words: Words; table: OnTable }) {
    const { say } = words
    const { trouble, faults, ballots, rule } = table
    const undefined_rule = ballots && !ballots.summary.rule.ok && rule === '' ? ballots.summary.rule.fault : undefined
    return (
        <>
            {faults.map(({ file, fault }) => (
                <Notice key={file + fault.code} words={words} tone="danger" level={2} heading={say('recount.fault.heading')}>
                    <p>{fault_in_words(words, fault, file)}</p>
                    {fault.line !== undefined && <p>{say('recount.fault.remedy')}</p>}
                </Notice>
            ))}
            {undefined_rule && (
                <Notice words={words} tone="warning" level={2} heading={say('recount.fault.heading_rule')}>
                    <p>{fault_in_words(words, undefined_rule, ballots!.file)}</p>
                </Notice>
            )}
            {trouble === 'stopped' && <p>{say('recount.stopped')}</p>}
            {trouble === 'no-ballots' && <p>{say('recount.fault.no_ballots')}</p>}
            {trouble === 'fetch' && <p>{say('recount.fault.fetch')}</p>}
            {typeof trouble === 'object' && <p>{say('recount.broke', { why: trouble.broke })}</p>}
        </>
    )
}

function rule_options(words: Words, table: OnTable): RuleOption[] {
    const own: RuleOption[] = []
    const { ballots, published } = table
    const told = (rule: Rule) => rule_in_words(words, rule, ballots && counted_in_points(ballots.summary.election, rule))
    if (published?.claim.rule.ok) own.push({ value: 'result', text: words.say('recount.rule_result', { rule: told(published.claim.rule.value) }) })
    if (ballots?.summary.rule.ok) own.push({ value: 'file', text: words.say('recount.rule_file', { rule: told(ballots.summary.rule.value) }) })
    const named = offered_rules.includes(table.rule) || !rule_named(table.rule) ? offered_rules : [table.rule, ...offered_rules]
    return [...own, ...named.map((name) => ({ value: name, text: told(rule_named(name)!) }))]
}

function Remarks({ words, table }: { words: Words; table: OnTable }) {
    const remarks = table.ballots?.summary.remarks ?? []
    if (remarks.length === 0) return null
    return (
        <details className="ds-details">
            <summary>{words.plural('recount.remarks', remarks.length)}</summary>
            <div>
                <ul>
                    {remarks.slice(0, 50).map(({ code, line, given: parts }, at) => (
                        <li key={at}>{words.lookup(`recount.remark.${code.replaceAll('-', '_')}`, { ...parts, line: String(line ?? '') })}</li>
                    ))}
                </ul>
            </div>
        </details>
    )
}

/// The result as the program writes it, with as much of the explanation as is known. Made when it is asked for.
function Save({ words, session, close, beside, file }: { words: Words; session: Session; close: HowClose; beside: BesideKnown; file: string }) {
    const [trouble, set_trouble] = useState('')
    const save = async () => {
        const json = await session.report(close.known, beside.state === 'known' ? beside.beside : undefined)
        const link = document.createElement('a')
        link.href = URL.createObjectURL(new Blob([JSON.stringify(json, null, 2), '\n'], { type: 'application/json' }))
        link.download = file.replace(/\.pb$/, '') + '.result.json'
        link.click()
        URL.revokeObjectURL(link.href)
    }
    return (
        <p>
            <button type="button" className="ds-button" data-variant="tertiary" onClick={() => void save().catch((why: unknown) => set_trouble(String(why)))}>
                {words.say('recount.save')}
            </button>
            {trouble && ` ${words.say('recount.broke', { why: trouble })}`}
        </p>
    )
}

interface ResultProps {
    words: Words
    table: OnTable
    session: Session
    own: Own
    set_own: (own: Own) => void
}

/// How close it was is worked out at once where that takes little.
function use_distances(session: Session, summary: Summary, counted: Counted) {
    const [close, set_close] = useState<HowClose>(nothing_known)
    const [distances, set_distances] = useState<Distances>()
    const effort = effort_of(summary, counted)
    useEffect(() => {
        const begun = new Distances(session, (known) => startTransition(() => set_close(known)))
        set_close(nothing_known)
        set_distances(begun)
        if (effort === 'at-once') begun.ask(askable(summary, counted))
        return () => begun.give_up()
    }, [session, summary, counted, effort])
    return { close, distances, effort }
}

function use_beside(session: Session, counted: Counted) {
    const [known, set_known] = useState<BesideKnown>({ state: 'unknown' })
    useEffect(() => set_known({ state: 'unknown' }), [counted])
    const ask = () => {
        set_known({ state: 'counting' })
        session
            .beside()
            .then((answer) => set_known(answer.ok ? { state: 'known', beside: answer.value } : { state: 'failed', why: answer.fault }))
            .catch((why: unknown) => set_known(why instanceof Stopped ? { state: 'unknown' } : { state: 'failed', why: String(why) }))
    }
    return { known, ask }
}

function Result({ words, table, session, own, set_own }: ResultProps) {
    const { ballots, published, counted } = table
    return ballots && counted ? <Counting {...{ words, session, own, set_own, counted, published }} ballots={ballots} /> : null
}

type CountingProps = Omit<ResultProps, 'table'> & Required<Pick<OnTable, 'ballots' | 'counted'>> & Pick<OnTable, 'published'>

function Counting({ words, session, own, set_own, ballots, published, counted }: CountingProps) {
    const { summary, file } = ballots
    const { result, rule } = counted
    const { close, distances, effort } = use_distances(session, summary, counted)
    const beside = use_beside(session, counted)
    const teller = new Teller(words, summary.election, rule)
    const verdicts = [
        { file, verdict: verdict_of_file(summary, result, rule) },
        { file: published?.file ?? '', verdict: published && verdict_of_result(summary, counted, published.claim) },
    ]
    const by = rule_in_words(words, rule, teller.by_points)
    const seconds = words.say('recount.seconds', { n: new Format(words).number(counted.milliseconds / 1000, 1) })
    const outcome = { words, teller, summary, counted, close, effort, distances, file }
    return (
        <div className="recount-result">
            <First {...outcome} />
            {verdicts.map(
                ({ file: source, verdict }) =>
                    verdict && (
                        <Published
                            key={verdict.source}
                            {...{ words, teller, verdict, file: source, spent: result.spent, rule: by }}
                            ballots={file}
                            projects={summary.election.projects}
                        />
                    ),
            )}
            <Outcome {...outcome} />
            <OwnVote {...{ words, teller, summary, counted, own, set_own }} />
            <FiguresOf {...{ words, teller, summary, counted }} known={beside.known} ask={beside.ask} stop={() => session.stop()} />
            <Rounds {...{ words, teller, result }} />
            <Ties {...{ words, teller, result }} />
            <Fingerprints words={words} ballots={summary.fingerprint} rule={rule} />
            <Save {...{ words, session, close, file }} beside={beside.known} />
            <p className="bp-quiet">{words.say('recount.time', { time: seconds, rule: by, file })}</p>
        </div>
    )
}

function About({ words, table, simulated }: { words: Words; table: OnTable; simulated: boolean }) {
    if (!table.ballots) return null
    const { election, ballots } = table.ballots.summary
    const facts = {
        projects: words.plural('counting.projects', election.projects.length),
        ballots: words.plural('recount.ballots', ballots),
        budget: new Teller(words, election).money(whole_budget(election)),
    }
    return (
        <>
            <h2 className="ds-heading" data-size="md">
                {election.title || table.ballots.file}
            </h2>
            <p>{words.say('recount.facts', facts)}</p>
            {simulated && (
                <p>
                    <span className="ds-tag bp-tag" data-size="sm" data-tone="simulated">
                        {words.say('parts.simulated')}
                    </span>{' '}
                    {words.say('recount.simulated_one')}
                </p>
            )}
        </>
    )
}

type Parts = RecountProps & { unpack_zstd: Promise<Unpack | undefined> }

function Recount({ words, file, fallback, unpack_zstd }: Parts & { words: Words; fallback: HTMLElement }) {
    const [state, set_state] = useState<OnTable>({ rule: '', faults: [] })
    // Beside the table, so that what a voter has filled in stays when the rule is another.
    const [own, set_own] = useState<Own>(new Map())
    const [simulated, set_simulated] = useState(file?.simulated ?? false)
    const session = useMemo(() => new Session(() => new CountingWorker()), [])
    // A result is much to draw: in pieces, so that the page answers meanwhile.
    const show = (shown: OnTable) => (shown.counted ? startTransition(() => set_state(shown)) : set_state(shown))
    const table = useMemo(() => new Table(session, show), [session])
    // Before anything is painted, so that what stands below moves once.
    useLayoutEffect(() => {
        fallback.hidden = true
    }, [fallback])
    useEffect(() => {
        if (!file) return
        const control = new AbortController()
        const wanted = new URLSearchParams(location.search).get(rule_parameter) ?? ''
        remember_rule(wanted)
        fetch(file.href, { signal: control.signal })
            .then(async (response) => (response.ok ? new Uint8Array(await response.arrayBuffer()) : Promise.reject(new Error(String(response.status)))))
            .then((bytes) => table.take([{ name: file.name, bytes }], wanted))
            .catch(() => control.signal.aborted || table.could_not_fetch())
        return () => control.abort()
    }, [file, table])

    const reading = useRef<AbortController>(undefined)
    const take = useCallback(
        (files: Iterable<File>) => {
            const chosen = [...files]
            if (chosen.length === 0) return
            remember_rule('')
            set_own(new Map())
            set_simulated(false)
            table.reading(chosen.map(({ name }) => name).join(', '))
            // A large file may be read after one that was chosen later.
            reading.current?.abort()
            reading.current = new AbortController()
            const stop = reading.current.signal
            void read_given(chosen, { unpack_zstd, stop }).then((given) => (stop.aborted ? undefined : table.take(given)))
        },
        [table, unpack_zstd],
    )
    const give_up = () => {
        reading.current?.abort()
        table.give_up()
    }
    const choose = (rule: string) => {
        remember_rule(rule)
        void table.choose(rule)
    }
    const { work } = state
    const doing =
        work?.kind === 'reading'
            ? words.say('recount.reading', { file: work.file })
            : work && (work.steps > 0 ? words.say('recount.counting_raises', { n: String(work.steps) }) : words.say('recount.counting'))
    return (
        <div className="recount">
            <Files words={words} take={take} />
            <About words={words} table={state} simulated={simulated} />
            {state.ballots && <RuleChoice words={words} options={rule_options(words, state)} chosen={state.rule} choose={choose} />}
            <div aria-live="polite" aria-busy={work !== undefined}>
                {doing && <Working words={words} text={doing} stop={give_up} />}
                <Troubles words={words} table={state} />
                {state.counted && !work && <p className="ds-sr-only">{words.say('recount.done')}</p>}
            </div>
            <Remarks words={words} table={state} />
            <Result {...{ words, table: state, session, own, set_own }} />
        </div>
    )
}

/// A page without it counts all the same, and says so when such a file comes.
const fetch_unpack = (): Promise<Unpack | undefined> =>
    import('./unpack.ts').then(
        ({ unpack }) => unpack,
        () => undefined,
    )

/// The page does not wait for what unpacks; a file that is packed does. From when `data-complete` is set nothing more is fetched.
export function mount(element: HTMLElement, props: RecountProps, words: Words): void {
    const unpack_zstd = fetch_unpack()
    const mounted = recount_words(words.language).then((own) => react_island<Parts>(Recount)(element, { ...props, unpack_zstd }, own))
    Promise.all([mounted, unpack_zstd])
        .then(() => element.setAttribute('data-complete', ''))
        .catch((problem: unknown) => console.error('recount', problem))
}
