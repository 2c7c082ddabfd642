'use strict';

/** `require('@alipay/faas-server-sdk')`. */

const { alipay } = require('../../shared/flavours');
const { alipayError, notAvailable } = require('../../shared/problems');
const { createCoupons, FUNCTION_STEPS } = require('../../shared/coupons');
const { settle } = require('../../shared/callbacks');
const { alipayContext, logger } = require('../invocation');
const { Platform, localFile } = require('./platform');
const { anyDepth } = require('./openapi');

const DYNAMIC_CURRENT_ENV = Symbol.for('DYNAMIC_CURRENT_ENV');

function createAlipaySDK(link) {
  const platform = new Platform(link);

  function shaped(api, options, work) {
    const promise = work().catch((error) => {
      throw alipayError(error, api);
    });
    return settle(promise, options);
  }

  const files = fileCalls(platform, shaped);
  const openapiCaller = createOpenapiCaller(platform, shaped);

  const cloud = {
    DYNAMIC_CURRENT_ENV,
    SYMBOL_CURRENT_ENV: DYNAMIC_CURRENT_ENV,
    Sort: { ASC: 'asc', DESC: 'desc' },

    init(options) {
      platform.noteEnvironment(options && options.env);
      return cloud;
    },

    database: (options) => platform.database(alipay, options),

    callFunction: (options) => shaped('callFunction', options, async () => {
      const result = await platform.callFunction(options && options.name, options && options.data);
      const requestId = platform.requestId();
      return { result, requestId, requestID: requestId };
    }),

    uploadFile: files.uploadFile,
    downloadFile: files.downloadFile,
    deleteFile: files.deleteFile,
    getTempFileURL: files.getTempFileURL,
    getStorage: () => files,

    /** Not Alipay's: coupons of Sampan, in Alipay's manner. */
    coupons: createCoupons(FUNCTION_STEPS, (op, options, members) => shaped(`coupons.${op}`, options, async () => (
      { ...(await platform.coupons(op, members())), requestID: platform.requestId() }
    ))),

    getAlipayContext: () => alipayContext(platform.meta()),
    getOpenapiCaller: () => openapiCaller,
    get openapi() {
      return openapiCaller.tree;
    },

    logger: () => logger,
    mysql: () => refuse('mysql', 'MySQL is not part of this environment; use cloud.database() or an own MySQL client package.'),
    redis: () => refuse('redis', 'Redis is not part of this environment; use cloud.database() or an own Redis client package.'),
    ws: () => refuse('ws', 'WebSocket calls to clients are not available yet.'),
  };
  return cloud;
}

function refuse(api, message) {
  throw alipayError(notAvailable(message), api);
}

function fileCalls(platform, shaped) {
  // Functions read `errMsg` of a file, pages `resultMessage`.
  const listed = ({ fileList }) => fileList.map((file) => ({ ...file, resultMessage: file.errMsg }));
  // Both spellings are documented: deleteFile(['cloud://…']) and deleteFile({ fileList: ['cloud://…'] }).
  const filesOf = (options) => (Array.isArray(options) ? options : options && options.fileList);
  return {
    uploadFile: (options) => shaped('uploadFile', options, async () => {
      const { cloudPath, fileContent, filePath } = options || {};
      const content = fileContent === undefined && filePath !== undefined ? await localFile(filePath) : fileContent;
      const { fileID } = await platform.upload(cloudPath, content);
      return { fileID, statusCode: 200, requestID: platform.requestId() };
    }),

    downloadFile: (options) => shaped('downloadFile', options, async () => ({
      fileContent: await platform.download(options && options.fileID), statusCode: 200, requestID: platform.requestId(),
    })),

    deleteFile: (options) => shaped('deleteFile', options, async () => ({
      fileList: listed(await platform.deleteFiles(filesOf(options))), resultMessage: 'ok', requestID: platform.requestId(),
    })),

    getTempFileURL: (options) => shaped('getTempFileURL', options, async () => ({
      fileList: listed(await platform.temporaryURLs(filesOf(options))), resultMessage: 'ok', requestID: platform.requestId(),
    })),
  };
}

/**
 * Calls any API of Alipay's open platform: `cloud.openapi.alipayTradeQuery.request({…})`,
 * `caller.execute('alipay.trade.query', {…}, {appAuthToken})` or `cloud.openapi.trade.query({…})`.
 */
function createOpenapiCaller(platform, shaped) {
  const execute = (api, parameters, options) => shaped(`openapi.${api}`, undefined, () => {
    const request = { platform: 'alipay', api, params: businessParameters(parameters || {}) };
    if (options && options.appAuthToken) request.appAuthToken = options.appAuthToken;
    return platform.openapi(request);
  });
  const tree = anyDepth((path, args) => execute(openapiName(path), args[0], args[1]));
  const caller = (api, parameters, options) => execute(api, parameters, options);
  return Object.assign(caller, { execute, exec: execute, invoke: execute, tree });
}

/** Some wrap the parameters in `biz_content`, an object or its JSON, as Alipay's HTTP API has them; the server wraps them itself. */
function businessParameters(parameters) {
  const names = Object.keys(parameters);
  if (names.length !== 1 || (names[0] !== 'biz_content' && names[0] !== 'bizContent')) return parameters;
  const content = parameters[names[0]];
  return typeof content === 'string' ? JSON.parse(content) : content;
}

/** `alipayTradeQuery.request` → `alipay.trade.query`; a name that has its dots already keeps them. */
function openapiName(path) {
  const camelCased = /^([a-z][A-Za-z0-9]*)\.request$/.exec(path);
  if (camelCased) return camelCased[1].replace(/[A-Z]/g, (letter) => `.${letter.toLowerCase()}`);
  return path.startsWith('alipay.') ? path : `alipay.${path}`;
}

module.exports = { createAlipaySDK };
