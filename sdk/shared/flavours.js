'use strict';

/**
 * What differs between the platforms' database APIs: how nested objects are read, where a write's data stands,
 * the shape of results and of errors. Everything else is in database.js.
 */

const { wechatError, alipayError, tencentError } = require('./problems');

/** WeChat: `wx.cloud.database()` and `wx-server-sdk`. */
const wechat = {
  name: 'wechat',
  flattenWhere: true,
  flattenUpdate: true,
  geoObjects: true,
  dataOf: (options) => options && options.data,
  failsOnMissingDocument: true,
  writesWithoutWhere: false,
  error: (error, api) => wechatError(error, api, 'database'),
  list: (answer, api) => ({ data: answer.data, errMsg: `${api}:ok` }),
  document: (data, api) => ({ data, errMsg: `${api}:ok` }),
  count: (answer, api) => ({ total: answer.total, errMsg: `${api}:ok` }),
  added: (answer, api) => (answer.ids ? { _ids: answer.ids, errMsg: `${api}:ok` } : { _id: answer.id, errMsg: `${api}:ok` }),
  replaced: (answer, api) => ({ _id: answer.id, stats: { updated: answer.updated, created: answer.created }, errMsg: `${api}:ok` }),
  updated: (answer, api) => ({ stats: { updated: answer.updated }, errMsg: `${api}:ok` }),
  removed: (answer, api) => ({ stats: { removed: answer.removed }, errMsg: `${api}:ok` }),
  aggregated: (answer, api) => ({ list: answer.data, errMsg: `${api}:ok` }),
  collectionCreated: (answer, api) => ({ errMsg: `${api}:ok` }),
  finished: (answer, api) => ({ errMsg: `${api}:ok` }),
};

/** Alipay: `my.cloud` contexts and `@alipay/faas-server-sdk`. */
const alipay = {
  name: 'alipay',
  flattenWhere: false,
  flattenUpdate: false,
  geoObjects: true,
  dataOf: (options) => options && options.data,
  failsOnMissingDocument: false,
  // Alipay documents collection.update(…) and collection.remove() as changing every document.
  writesWithoutWhere: true,
  error: (error, api) => alipayError(error, api, 'database'),
  list: (answer) => answer.data,
  document: (data) => data,
  count: (answer) => ({ total: answer.total }),
  added: (answer) => (answer.ids ? { _ids: answer.ids } : { _id: answer.id }),
  replaced: (answer) => ({ _id: answer.id, count: answer.updated + answer.created }),
  updated: (answer) => ({ count: answer.updated }),
  removed: (answer) => ({ count: answer.removed }),
  aggregated: (answer) => answer.data,
  collectionCreated: (answer) => ({ created: answer.created }),
  finished: () => ({}),
};

/** Tencent: `@cloudbase/node-sdk` and `tcb-admin-node`. */
const tencent = {
  name: 'tencent',
  flattenWhere: true,
  flattenUpdate: true,
  geoObjects: true,
  dataOf: (data) => data,
  failsOnMissingDocument: false,
  writesWithoutWhere: false,
  error: (error) => tencentError(error),
  list: (answer, api, requestId) => ({ data: answer.data, requestId }),
  document: (data, api, requestId, inTransaction) => ({ data: inTransaction ? data : data === null ? [] : [data], requestId }),
  count: (answer, api, requestId) => ({ total: answer.total, requestId }),
  added: (answer, api, requestId) => (answer.ids ? { ids: answer.ids, requestId } : { id: answer.id, requestId }),
  replaced: (answer, api, requestId) => ({ updated: answer.updated, upsertedId: answer.created > 0 ? answer.id : null, requestId }),
  updated: (answer, api, requestId) => ({ updated: answer.updated, requestId }),
  removed: (answer, api, requestId) => ({ deleted: answer.removed, requestId }),
  aggregated: (answer, api, requestId) => ({ data: answer.data, requestId }),
  collectionCreated: (answer, api, requestId) => ({ requestId }),
  finished: (answer, api, requestId) => ({ requestId }),
};

module.exports = { wechat, alipay, tencent };
