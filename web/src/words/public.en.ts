import common from '@messages/common.en.json'
import format from '@messages/format.en.json'
import islands from '@messages/islands.en.json'

export default { ...common, ...format, ...islands }
