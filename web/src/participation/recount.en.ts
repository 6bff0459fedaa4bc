import common from '@messages/common.en.json'
import counting from '@messages/counting.en.json'
import recount from '@messages/recount.en.json'

export default { ...common, ...counting, ...recount }
