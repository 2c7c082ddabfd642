'use strict';

/**
 * Errors of the platform (RFC 9457 problems) and what Alipay's, WeChat's and Tencent's SDKs call them.
 * Every flavour of the SDK throws its platform's shape; `problem` on it keeps Sampan's own.
 */

class PlatformProblem extends Error {
  constructor(problem) {
    const members = problem || {};
    super(members.detail || members.title || 'The platform answered an error without a description.');
    this.name = 'PlatformProblem';
    this.status = members.status || 0;
    this.code = members.code || 'UNKNOWN';
    this.requestId = members.requestId || '';
    this.remedy = members.remedy || '';
    this.retryAfterSeconds = members.retryAfterSeconds || 0;
    this.problem = members;
  }
}

/** The parameters of a call are wrong; nothing was sent. */
function invalidParameter(message, code) {
  return new PlatformProblem({ status: 400, code: code || 'INVALID_PARAMETER', title: 'Invalid parameter', detail: message });
}

/** Something of the platforms' API that Sampan does not offer (yet). */
function notAvailable(message, code) {
  return new PlatformProblem({ status: 501, code: code || 'NOT_AVAILABLE', title: 'Not available', detail: message });
}

// WeChat's numbers. A code of Sampan that is not listed falls back to its area's general failure.
const WECHAT_NUMBER = {
  INVALID_PARAMETER: -401003,
  CIRCULAR_REFERENCE: -402002,
  FILE_TOO_LARGE: -403001,
  TOO_LARGE: -403001,
  DOCUMENT_TOO_LARGE: -502001,
  FUNCTION_NOT_FOUND: -501000,
  FUNCTION_ERROR: -504002,
  FUNCTION_LOAD_FAILED: -504002,
  FUNCTION_CRASHED: -504002,
  FUNCTION_TIMEOUT: -504003,
  FUNCTION_BUSY: -501004,
  OVERLOADED: -501004,
  WAITING_ROOM: -501004,
  WAITING_TICKET_INVALID: -501004,
  WAITING_TICKET_EXPIRED: -501004,
  WAITING_TURN_NOT_COME: -501004,
  WAITING_TICKETS_TOO_MANY: -501004,
  WAITING_REFUSED: -501004,
  WAITING_LEFT: -501004,
  QUOTA_EXCEEDED: -501003,
  ENVIRONMENT_NOT_FOUND: -501000,
  ENVIRONMENT_SUSPENDED: -501005,
  ORGANIZATION_SUSPENDED: -501005,
  TOKEN_EXPIRED: -401001,
  TOKEN_INVALID: -401001,
  TOKEN_MISSING: -401001,
  PERMISSION_DENIED: -502003,
  COLLECTION_NOT_FOUND: -502005,
  COLLECTION_EXISTS: -501001,
  DOCUMENT_NOT_FOUND: -1,
  TRANSACTION_CONFLICT: -502001,
  TIMEOUT: -501002,
  NETWORK: -1,
};

const WECHAT_NUMBER_OF_AREA = { database: -502001, function: -504001, storage: -503001, openapi: -504002, login: -401001, coupon: -504001 };
const WECHAT_NUMBER_OF_AREA_AND_STATUS = {
  database: { 400: -502002, 403: -502003, 422: -502002 },
  storage: { 403: -503002, 404: -503003 },
  function: { 404: -501000 },
};

function wechatNumber(problem, area) {
  // A 403 of files that is not about permission.
  if (problem.code === 'QUOTA_EXCEEDED') return WECHAT_NUMBER.QUOTA_EXCEEDED;
  if (area === 'storage' && WECHAT_NUMBER_OF_AREA_AND_STATUS.storage[problem.status]) {
    return WECHAT_NUMBER_OF_AREA_AND_STATUS.storage[problem.status];
  }
  if (Object.prototype.hasOwnProperty.call(WECHAT_NUMBER, problem.code)) return WECHAT_NUMBER[problem.code];
  if (problem.status === 429) return -501004;
  const byStatus = WECHAT_NUMBER_OF_AREA_AND_STATUS[area];
  if (byStatus && byStatus[problem.status]) return byStatus[problem.status];
  return WECHAT_NUMBER_OF_AREA[area] || -1;
}

// Alipay's numbers are per API: `init` numbers its failures differently from the others.
function alipayNumber(problem, area) {
  if (area === 'init') return alipayInitNumber(problem);
  if (problem.code === 'NOT_INITIALISED') return 60002;
  if (problem.code === 'TOO_MANY_FILES' || problem.code === 'LOCAL_FILE_FAILED') return 60006;
  if (problem.code === 'LOCAL_FILE_DENIED') return 60007;
  if (problem.code === 'TIMEOUT' || problem.code === 'FUNCTION_TIMEOUT') return 60003;
  if (problem.code === 'NETWORK') return 60004;
  if (problem.status === 400 || problem.status === 422) return 60001;
  return 60005;
}

function alipayInitNumber(problem) {
  if (problem.status === 400) return 2;
  if (problem.status === 404) return 60003;
  if (problem.status === 401 || problem.status === 403) return 60004;
  if (problem.code === 'NETWORK' || problem.code === 'TIMEOUT') return 60005;
  return 60001;
}

/** Anything thrown, as a problem: errors of the SDK itself (a circular object, say) become parameter errors. */
function toProblem(error) {
  if (error instanceof PlatformProblem) return error;
  const circular = error instanceof TypeError && /circular/i.test(error.message);
  const problem = invalidParameter((error && error.message) || String(error), circular ? 'CIRCULAR_REFERENCE' : undefined);
  problem.cause = error;
  return problem;
}

/** `api` is the name that WeChat puts in front, e.g. `collection.get` or `callFunction`. */
function wechatError(error, api, area) {
  const problem = toProblem(error);
  // A refusal by WeChat's own API carries WeChat's own number.
  const errCode = problem.wechatNumber || wechatNumber(problem, area);
  const shaped = new Error(`${api}:fail ${errCode} ${problem.message}`);
  shaped.name = 'CloudSDKError';
  shaped.errCode = errCode;
  shaped.errMsg = shaped.message;
  return withProblem(shaped, problem);
}

function alipayError(error, api, area) {
  const problem = toProblem(error);
  const shaped = new Error(problem.message);
  shaped.name = 'CloudError';
  shaped.error = alipayNumber(problem, area);
  shaped.errorMessage = problem.message;
  shaped.errCode = problem.code;
  shaped.errMsg = `${api}:fail ${problem.message}`;
  shaped.code = api === 'callFunction' ? 'CALL_FUNCTION_ERR' : problem.code;
  return withProblem(shaped, problem);
}

function tencentError(error) {
  const problem = toProblem(error);
  const shaped = new Error(problem.message);
  shaped.name = 'TcbError';
  shaped.code = problem.code;
  return withProblem(shaped, problem);
}

function withProblem(shaped, problem) {
  shaped.requestId = problem.requestId;
  shaped.requestID = problem.requestId;
  if (problem.remedy) shaped.remedy = problem.remedy;
  // Not enumerable: pages show and store these errors, and the shape should stay the platform's.
  Object.defineProperty(shaped, 'problem', { value: problem, enumerable: false });
  return shaped;
}

module.exports = {
  PlatformProblem, invalidParameter, notAvailable, toProblem, wechatError, alipayError, tencentError,
};
