import common from '@messages/common.nb.json'
import format from '@messages/format.nb.json'
import staff from '@messages/staff.nb.json'

export default { ...common, ...format, ...staff }
