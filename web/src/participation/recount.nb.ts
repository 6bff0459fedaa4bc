import common from '@messages/common.nb.json'
import counting from '@messages/counting.nb.json'
import recount from '@messages/recount.nb.json'

export default { ...common, ...counting, ...recount }
