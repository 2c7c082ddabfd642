// What to tell the customer about a failure, of the shop's own functions or of the cloud itself.
import { obstacleText } from './coupon-view.js'
import { catalogue, fill, inLanguage } from './language.js'

/** The code of a failure: the shop's functions say it as `code`, the SDK of every platform as `problem.code`. */
function errorCode(error) {
  if (!error) return ''
  return (error.problem && error.problem.code) || error.code || ''
}

/** What belongs to the code: the goods that are missing, the moment at which it opens. */
function errorDetails(error) {
  return (error && (error.details || (error.problem && error.problem.problem))) || {}
}

function errorText(error, language) {
  const texts = catalogue(language)
  const details = errorDetails(error)
  const name = details.name ? inLanguage(details.name, language) : ''
  const why = details.obstacle ? obstacleText(Object.assign({}, details, { code: details.obstacle }), texts.coupon) : ''
  return fill(texts.errors[errorCode(error)] || texts.errors.UNKNOWN, Object.assign({}, details, { name, why }))
}

export { errorCode, errorDetails, errorText }
