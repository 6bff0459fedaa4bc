import common from '@messages/common.nb.json'
import format from '@messages/format.nb.json'
import islands from '@messages/islands.nb.json'

export default { ...common, ...format, ...islands }
