import common from '@messages/common.nn.json'
import counting from '@messages/counting.nn.json'
import recount from '@messages/recount.nn.json'

export default { ...common, ...counting, ...recount }
