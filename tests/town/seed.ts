/// Lays the demonstration town into BYPULS_SEEDED_TOWN, for the tests that start from a copy of it.
import { remove, start } from './town.ts'

const data = process.env.BYPULS_SEEDED_TOWN
if (!data) throw new Error('BYPULS_SEEDED_TOWN says where')
remove(data)
const town = await start(['demo', '--data', data, '--listen', '127.0.0.1:0', '--mqtt-listen', 'none'])
process.exit(await town.stop())
