import common from '@messages/common.en.json'
import format from '@messages/format.en.json'
import staff from '@messages/staff.en.json'

export default { ...common, ...format, ...staff }
