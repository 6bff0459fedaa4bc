/// Makes the elections of the library page: invented projects, and ballots drawn from a seed. Run from the root with a built program
/// (BYPULS_PROGRAM or build/dev/bypuls) and commit what it writes:
///   tools/node demo/drammen/elections/make.ts
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { count } from '../../../web/src/participation/counting/count.ts'
import { read_pabulib } from '../../../web/src/participation/counting/pabulib.ts'
import { Dice } from '../../../tests/recount/random_elections.ts'

interface Project {
    id: string
    name: string
    cost: number
    /// How much each group of voters likes it: one number a group.
    liked: number[]
}

interface Plan {
    slug: string
    title: string
    budget: number
    vote_type: 'approval' | 'cumulative'
    rule: string
    voters: number
    /// How many of a hundred belong to each group.
    groups: number[]
    /// Most choices on a ballot; with points, how many are handed out.
    most: number
    points?: number
    meta?: string[]
    projects: Project[]
}

const plans: Plan[] = [
    {
        slug: 'leketoy', title: 'Tre millioner i leketøypenger', budget: 3_000_000, vote_type: 'approval', rule: 'equalshares/add1', voters: 6000,
        groups: [34, 26, 22, 18], most: 6, meta: ['min_length;1', 'max_length;6'],
        projects: [
            { id: '1', name: 'Sykkelvei langs elva', cost: 1_150_000, liked: [9, 6, 4, 2] },
            { id: '2', name: 'Lekeplass på Bragernes torg', cost: 640_000, liked: [8, 3, 6, 2] },
            { id: '3', name: 'Treningspark på Marienlyst', cost: 520_000, liked: [4, 8, 2, 3] },
            { id: '4', name: 'Benker på Spiralen', cost: 95_000, liked: [6, 2, 3, 5] },
            { id: '5', name: 'Badebrygge på Gulskogen', cost: 780_000, liked: [3, 9, 3, 1] },
            { id: '6', name: 'Bokbod på Strømsø', cost: 60_000, liked: [2, 2, 7, 6] },
            { id: '7', name: 'Lys i lysløypa på Konnerud', cost: 430_000, liked: [1, 3, 2, 9] },
            { id: '8', name: 'Skateanlegg på Åssiden', cost: 890_000, liked: [3, 6, 1, 1] },
            { id: '9', name: 'Kunst i undergangen', cost: 210_000, liked: [5, 1, 4, 2] },
            { id: '10', name: 'Fruktrær i Solbergparken', cost: 75_000, liked: [4, 3, 6, 4] },
            { id: '11', name: 'Utekino på Union', cost: 180_000, liked: [6, 4, 3, 1] },
            { id: '12', name: 'Bordtennis i Albumskogen', cost: 48_000, liked: [3, 5, 2, 2] },
            { id: '13', name: 'Sansehage ved sykehjemmet', cost: 350_000, liked: [2, 1, 8, 4] },
            { id: '14', name: 'Frisbeegolf på Berskog', cost: 160_000, liked: [2, 4, 1, 7] },
            { id: '15', name: 'Drikkefontener i sentrum', cost: 240_000, liked: [5, 3, 3, 1] },
            { id: '16', name: 'Verksted for sykler', cost: 130_000, liked: [4, 4, 4, 1] },
            { id: '17', name: 'Trapp opp til Bragernesåsen', cost: 1_400_000, liked: [7, 2, 2, 1] },
            { id: '18', name: 'Fuglekasser og insekthotell', cost: 35_000, liked: [2, 2, 5, 5] },
            { id: '19', name: 'Sandvolleyball på Holmen', cost: 270_000, liked: [3, 5, 1, 2] },
            { id: '20', name: 'Grillplass ved Landfalltjern', cost: 110_000, liked: [4, 3, 2, 6] },
        ],
    },
    {
        slug: 'skolegard', title: 'En skolegård', budget: 200_000, vote_type: 'cumulative', rule: 'greedy', voters: 240, groups: [50, 50], most: 5, points: 10,
        meta: ['max_sum_points;10'],
        projects: [
            { id: 'huske', name: 'Kurvhuske', cost: 60_000, liked: [7, 2] },
            { id: 'klatre', name: 'Klatrevegg', cost: 95_000, liked: [5, 6] },
            { id: 'bord', name: 'Bordtennisbord', cost: 35_000, liked: [2, 7] },
            { id: 'bane', name: 'Ballbinge', cost: 140_000, liked: [4, 8] },
            { id: 'male', name: 'Malte spill på asfalten', cost: 15_000, liked: [5, 2] },
            { id: 'benk', name: 'Benker med tak', cost: 48_000, liked: [2, 5] },
            { id: 'hage', name: 'Skolehage', cost: 30_000, liked: [4, 2] },
            { id: 'scene', name: 'Utescene', cost: 80_000, liked: [3, 3] },
        ],
    },
    {
        slug: 'narmiljo', title: 'Fjell og Strømsø', budget: 1_200_000, vote_type: 'approval', rule: 'greedy', voters: 1200, groups: [60, 40], most: 5,
        projects: [
            { id: 'f1', name: 'Fjell: ny kunstgressbane', cost: 500_000, liked: [9, 1] },
            { id: 'f2', name: 'Fjell: uteplass ved biblioteket', cost: 320_000, liked: [8, 1] },
            { id: 'f3', name: 'Fjell: lys på gangveien', cost: 240_000, liked: [8, 0] },
            { id: 'f4', name: 'Fjell: grønnsaksdyrking', cost: 140_000, liked: [7, 1] },
            { id: 'f5', name: 'Fjell: akebakke', cost: 180_000, liked: [6, 0] },
            { id: 's1', name: 'Strømsø: benker ved elva', cost: 120_000, liked: [1, 9] },
            { id: 's2', name: 'Strømsø: lekeplass i Gamle Kirkeplass', cost: 360_000, liked: [0, 8] },
            { id: 's3', name: 'Strømsø: sykkelparkering ved stasjonen', cost: 210_000, liked: [1, 8] },
            { id: 's4', name: 'Strømsø: gatetrær', cost: 150_000, liked: [1, 7] },
            { id: 's5', name: 'Strømsø: utescene på torget', cost: 290_000, liked: [0, 6] },
            { id: 'b1', name: 'Begge: felles dugnadsutstyr', cost: 60_000, liked: [3, 4] },
        ],
    },
]

/// Different projects, those a group likes more drawn more often.
function draw_choices(dice: Dice, plan: Plan): number[] {
    let at = dice.below(100)
    const group = plan.groups.findIndex((share) => (at -= share) < 0)
    const wanted = 1 + dice.below(plan.most)
    const chosen: number[] = []
    while (chosen.length < wanted) {
        const left = plan.projects.map((project, i) => (chosen.includes(i) ? 0 : project.liked[group]! ** 2))
        let drawn = dice.below(Math.max(1, left.reduce((sum, weight) => sum + weight, 0)))
        const next = left.findIndex((weight) => (drawn -= weight) < 0)
        if (next < 0) break
        chosen.push(next)
    }
    return chosen
}

function deal(dice: Dice, points: number, among: number): number[] {
    const dealt = new Array<number>(among).fill(1)
    for (let left = points - among; left > 0; --left) ++dealt[dice.below(among)]!
    return dealt
}

function draw_ballots(plan: Plan): { vote: string; points?: string }[] {
    const dice = new Dice(4711)
    const ballots = Array.from({ length: plan.voters }, () => {
        const chosen = draw_choices(dice, plan)
        const vote = chosen.map((i) => plan.projects[i]!.id)
        return { vote: vote.join(), ...(plan.points && { points: deal(dice, plan.points, vote.length).join() }) }
    })
    // In sorted order, so that the file has no order of arrival.
    return ballots.sort((a, b) => (a.vote + (a.points ?? '') < b.vote + (b.points ?? '') ? -1 : 1))
}

/// Eleven kroner short of both, and two projects that ask for them with as many votes.
const level: Plan = {
    slug: 'likt', title: 'Dødt løp', budget: 100_000, vote_type: 'approval', rule: 'greedy', voters: 40, groups: [100], most: 1,
    projects: [
        { id: 'a', name: 'Benk ved bussen', cost: 40_000, liked: [1] },
        { id: 'b', name: 'Blomsterkasser', cost: 30_000, liked: [1] },
        { id: 'c', name: 'Sjakkbord', cost: 30_000, liked: [1] },
        { id: 'd', name: 'Hengekøyer', cost: 30_000, liked: [1] },
        { id: 'e', name: 'Skilt til kyststien', cost: 20_000, liked: [1] },
    ],
}
const level_votes: [times: number, vote: string][] = [[14, 'a'], [6, 'a,b'], [5, 'b,c'], [4, 'c,d'], [5, 'd,e'], [3, 'c'], [2, 'd'], [1, 'e']]

function write(plan: Plan, ballots: { vote: string; points?: string }[]): void {
    const with_points = plan.points !== undefined
    const text = (projects: string[], columns: string) =>
        [
            'META', 'key;value', `description;${plan.title}`, 'country;Norge', 'unit;Drammen', 'instance;simulert',
            'comment;Simulert: prosjektene er oppdiktet og stemmesedlene er trukket av et program',
            `num_projects;${plan.projects.length}`, `num_votes;${ballots.length}`, `budget;${plan.budget}`, `vote_type;${plan.vote_type}`,
            `rule;${plan.rule}`, 'currency;NOK', ...(plan.meta ?? []),
            'PROJECTS', columns, ...projects,
            'VOTES', `voter_id;vote${with_points ? ';points' : ''}`,
            ...ballots.map(({ vote, points }, i) => `${i + 1};${vote}${with_points ? `;${points}` : ''}`), '',
        ].join('\n')
    const reading = read_pabulib(text(plan.projects.map(({ id, cost, name }) => `${id};${cost};${name}`), 'project_id;cost;name'))
    if (!reading.ok || !reading.value.rule.ok) throw new Error(JSON.stringify(reading))
    const result = count(reading.value.election, reading.value.rule.value)
    if (!result.ok) throw new Error(JSON.stringify(result))
    const { votes, scores, winners } = result.value
    const rows = plan.projects.map(({ id, cost, name }, i) => `${id};${cost};${votes[i]};${with_points ? `${scores[i]};` : ''}${name};${winners.includes(i) ? 1 : 0}`)
    const path = `${import.meta.dirname}/${plan.slug}`
    writeFileSync(`${path}.pb`, text(rows, `project_id;cost;votes;${with_points ? 'score;' : ''}name;selected`))
    writeFileSync(`${path}.json`, execFileSync(process.env.BYPULS_PROGRAM ?? 'build/dev/bypuls', ['count', `${path}.pb`, '--json']))
    console.log(`${plan.slug}: ${winners.length} of ${plan.projects.length}, ${result.value.ties.length} ties`)
}

for (const plan of plans) write(plan, draw_ballots(plan))
write(level, level_votes.flatMap(([times, vote]) => Array.from({ length: times }, () => ({ vote }))))
