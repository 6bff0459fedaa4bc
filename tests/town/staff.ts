/// Somebody who works for the town, as the tests need one: makes the first account, and adopts devices that wait in the inbox.
import { strict as assert } from 'node:assert'
import { until, type Town } from './town.ts'

/// The headers of a signed-in request.
export type Signed = Record<string, string>

export async function make_first_account(town: Town): Promise<Signed> {
    // The code is printed a moment after the town serves, at each start while there is no account.
    const printed = async () => town.output().match(/\b([0-9A-Z]{5}(?:-[0-9A-Z]{1,5}){5})\b/)?.[1]
    const code = await until(printed, (found) => found !== undefined, 60)
    const account = { name: 'kari@example.org', password: 'en lang setning om badevann' }
    const own_page = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' }
    const set_up = await fetch(`${town.url}/api/v1/staff/setup`, { method: 'POST', headers: own_page, body: JSON.stringify({ ...account, code }) })
    assert.equal(set_up.status, 201, await set_up.clone().text())
    const { csrf_token } = (await set_up.json()) as { csrf_token: string }
    return { ...own_page, Cookie: set_up.headers.getSetCookie().map((one) => one.split(';')[0]).join('; '), 'X-CSRF-Token': csrf_token }
}

/// When its first frame has come to the inbox.
export async function adopt(town: Town, signed: Signed, dev_eui: string, profile: string): Promise<void> {
    const inbox = async () => (await fetch(`${town.url}/api/v1/staff/inbox`, { headers: signed })).text()
    await until(inbox, (answer) => answer.includes(dev_eui), 60)
    const body = JSON.stringify({ name: dev_eui, profile, place: 'blektjern', public: false })
    const adopted = await fetch(`${town.url}/api/v1/staff/inbox/${dev_eui}/adopt`, { method: 'POST', headers: signed, body })
    assert.equal(adopted.status, 201, await adopted.text())
}
