import common from '@messages/common.nn.json'
import format from '@messages/format.nn.json'
import staff from '@messages/staff.nn.json'

export default { ...common, ...format, ...staff }
