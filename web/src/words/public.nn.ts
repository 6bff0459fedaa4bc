import common from '@messages/common.nn.json'
import format from '@messages/format.nn.json'
import islands from '@messages/islands.nn.json'

export default { ...common, ...format, ...islands }
