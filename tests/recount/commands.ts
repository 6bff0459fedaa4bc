/// The program's counting commands, started once for many elections (commands.cc).
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'

export interface Answer {
    status: number
    stdout: string
    stderr: string
}

export class Commands {
    private readonly child: ChildProcessWithoutNullStreams
    private readonly waiting: { give: (answer: Answer) => void; fail: (why: Error) => void }[] = []
    private pieces: string[] = []

    constructor(program = process.env.BYPULS_COMMANDS ?? 'build/dev/tests/recount/recount_commands') {
        this.child = spawn(program)
        this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.hear(text))
        this.child.stderr.setEncoding('utf8').on('data', (text: string) => process.stderr.write(text))
        const end = (why: Error) => this.waiting.splice(0).forEach(({ fail }) => fail(why))
        this.child.on('error', end)
        this.child.on('exit', (code) => end(new Error(`the commands ended with ${code}`)))
    }

    /// `files` are read by their names before those on the disk.
    ask(words: readonly string[], files: Record<string, string> = {}): Promise<Answer> {
        return new Promise((give, fail) => {
            this.waiting.push({ give, fail })
            this.child.stdin.write(`${JSON.stringify({ words, files })}\n`)
        })
    }

    close(): void {
        this.child.stdin.end()
    }

    private hear(text: string): void {
        const lines = text.split('\n')
        for (const line of lines.slice(0, -1)) {
            this.pieces.push(line)
            this.waiting.shift()?.give(JSON.parse(this.pieces.join('')) as Answer)
            this.pieces = []
        }
        this.pieces.push(lines.at(-1)!)
    }
}
