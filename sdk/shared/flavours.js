'use strict';

/**
 * What differs between the platforms' database APIs: how nested objects are read, where a write's data stands,
 * the shape of results and of errors. Everything else is in database.js.
 */

const { wechatError, alipayError, tencentError } = require('./problems');

/** More documents fit than were answered. */
function withMore(result, answer) {
  if (answer.more) result.more = true;
  return result;
}

/** The document that an update with `upsert` made. */
function withUpserted(result, answer) {
  if (answer.upsertedId !== undefined) result.upsertedId = answer.upsertedId;
  return result;
}

/** How many documents an aggregation put into a collection ($out, $merge). */
function withWritten(result, answer) {
  if (answer.written !== undefined) result.written = answer.written;
  return result;
}

/** WeChat: `wx.cloud.database()` and `wx-server-sdk`. */
const wechat = {
  name: 'wechat',
  flattenWhere: true,
  flattenUpdate: true,
  geoObjects: true,
  dataOf: (options) => options && options.data,
  settingsOf: (options) => options,
  failsOnMissingDocument: true,
  writesWithoutWhere: false,
  error: (error, api) => wechatError(error, api, 'database'),
  list: (answer, api) => withMore({ data: answer.data, errMsg: `${api}:ok` }, answer),
  document: (data, api) => ({ data, errMsg: `${api}:ok` }),
  count: (answer, api) => ({ total: answer.total, errMsg: `${api}:ok` }),
  added: (answer, api) => (answer.ids ? { _ids: answer.ids, errMsg: `${api}:ok` } : { _id: answer.id, errMsg: `${api}:ok` }),
  replaced: (answer, api) => ({ _id: answer.id, stats: { updated: answer.updated, created: answer.created }, errMsg: `${api}:ok` }),
  updated: (answer, api) => withUpserted({ stats: { updated: answer.updated }, errMsg: `${api}:ok` }, answer),
  removed: (answer, api) => ({ stats: { removed: answer.removed }, errMsg: `${api}:ok` }),
  aggregated: (answer, api) => withWritten({ list: answer.data, errMsg: `${api}:ok` }, answer),
  values: (answer, api) => ({ data: answer.values, errMsg: `${api}:ok` }),
  found: (answer, api) => ({ data: answer.data, errMsg: `${api}:ok` }),
  returned: (answer, api) => ({ updated: answer.data === null ? 0 : 1, doc: answer.data, errMsg: `${api}:ok` }),
  bulk: (answer, api) => Object.assign({}, answer, { errMsg: `${api}:ok` }),
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
  settingsOf: (options) => options,
  failsOnMissingDocument: false,
  // Alipay documents collection.update(…) and collection.remove() as changing every document.
  writesWithoutWhere: true,
  error: (error, api) => alipayError(error, api, 'database'),
  // The list is the result; that there are more documents stands on it, unseen by loops and JSON.
  list: (answer) => (answer.more ? Object.defineProperty(answer.data, 'more', { value: true }) : answer.data),
  document: (data) => data,
  count: (answer) => ({ total: answer.total }),
  added: (answer) => (answer.ids ? { _ids: answer.ids } : { _id: answer.id }),
  replaced: (answer) => ({ _id: answer.id, count: answer.updated + answer.created }),
  updated: (answer) => withUpserted({ count: answer.updated }, answer),
  removed: (answer) => ({ count: answer.removed }),
  aggregated: (answer) => (answer.written === undefined ? answer.data : Object.defineProperty(answer.data, 'written', { value: answer.written })),
  values: (answer) => answer.values,
  found: (answer) => answer.data,
  returned: (answer) => ({ updated: answer.data === null ? 0 : 1, doc: answer.data }),
  bulk: (answer) => answer,
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
  settingsOf: (data, options) => options,
  failsOnMissingDocument: false,
  writesWithoutWhere: false,
  error: (error) => tencentError(error),
  list: (answer, api, requestId) => withMore({ data: answer.data, requestId }, answer),
  document: (data, api, requestId, inTransaction) => ({ data: inTransaction ? data : data === null ? [] : [data], requestId }),
  count: (answer, api, requestId) => ({ total: answer.total, requestId }),
  added: (answer, api, requestId) => (answer.ids ? { ids: answer.ids, requestId } : { id: answer.id, requestId }),
  replaced: (answer, api, requestId) => ({ updated: answer.updated, upsertedId: answer.created > 0 ? answer.id : null, requestId }),
  updated: (answer, api, requestId) => withUpserted({ updated: answer.updated, requestId }, answer),
  removed: (answer, api, requestId) => ({ deleted: answer.removed, requestId }),
  aggregated: (answer, api, requestId) => withWritten({ data: answer.data, requestId }, answer),
  values: (answer, api, requestId) => ({ data: answer.values, requestId }),
  found: (answer, api, requestId) => ({ data: answer.data, requestId }),
  returned: (answer, api, requestId) => ({ updated: answer.data === null ? 0 : 1, doc: answer.data, requestId }),
  bulk: (answer, api, requestId) => Object.assign({}, answer, { requestId }),
  collectionCreated: (answer, api, requestId) => ({ requestId }),
  finished: (answer, api, requestId) => ({ requestId }),
};

module.exports = { wechat, alipay, tencent };
