'use strict';

/** `require('wx-server-sdk')`. */

const { wechat } = require('../../shared/flavours');
const { wechatError, notAvailable, PlatformProblem } = require('../../shared/problems');
const { createCoupons, FUNCTION_STEPS } = require('../../shared/coupons');
const { settle } = require('../../shared/callbacks');
const { wechatContext } = require('../invocation');
const { Platform } = require('./platform');
const { anyDepth, toSnakeCase, toCamelCase } = require('./openapi');
const { structuredLogger } = require('./structured-logger');

const DYNAMIC_CURRENT_ENV = Symbol.for('DYNAMIC_CURRENT_ENV');

function createWechatSDK(link) {
  const platform = new Platform(link);

  /** Runs one call; results and errors get WeChat's shape. */
  function shaped(api, area, options, work) {
    const promise = work().catch((error) => {
      throw wechatError(error, api, area);
    });
    return settle(promise, options);
  }

  const cloud = {
    DYNAMIC_CURRENT_ENV,
    SYMBOL_DYNAMIC_CURRENT_ENV: DYNAMIC_CURRENT_ENV,
    SYMBOL_CURRENT_ENV: DYNAMIC_CURRENT_ENV,
    version: 'sampan',

    init(options) {
      const env = options && options.env;
      platform.noteEnvironment(typeof env === 'object' && env !== null ? env.database || env.functions || env.storage : env);
    },

    updateConfig(options) {
      cloud.init(options);
    },

    database: (options) => platform.database(wechat, options),

    callFunction: (options) => shaped('callFunction', 'function', options, async () => {
      const result = await platform.callFunction(options && options.name, options && options.data);
      return { result, errMsg: 'callFunction:ok', requestID: platform.requestId() };
    }),

    ...fileCalls(platform, shaped),

    /** Not WeChat's: coupons of Sampan, in WeChat's manner. */
    coupons: createCoupons(FUNCTION_STEPS, (op, options, members) => shaped(`coupons.${op}`, 'coupon', options, async () => (
      { ...(await platform.coupons(op, members())), errMsg: `coupons.${op}:ok` }
    ))),

    getWXContext: () => wechatContext(platform.meta()),

    openapi: anyDepth((api, args) => shaped(`openapi.${api}`, 'openapi', args[0], () => callWechat(platform, api, args[0]))),

    cloudPay: anyDepth((api, args) => shaped(`cloudPay.${api}`, 'openapi', args[0], () => platform.pay(api, args[0]))),

    logger: () => structuredLogger,

    getOpenData: (options) => shaped('getOpenData', 'openapi', options, refuseOpenData),
    getOpenDataByCloudID: (options) => shaped('getOpenDataByCloudID', 'openapi', options, refuseOpenData),
    CloudID: (cloudID) => ({ cloudID }),

    registerService: () => {
      throw wechatError(
        notAvailable('registerService adds WeChat\'s internal services (callWXSvrkit), which only WeChat\'s own cloud can reach.'),
        'registerService',
        'function',
      );
    },

    callContainer: (options) => shaped('callContainer', 'function', options, async () => {
      throw notAvailable('callContainer is not available; call a function or the service\'s own address instead.');
    }),
  };

  cloud.Cloud = sharedCloudClass(cloud, link);
  return cloud;
}

/** Results name the call they come from, in WeChat's way. */
function fileCalls(platform, shaped) {
  return {
    uploadFile: (options) => shaped('uploadFile', 'storage', options, async () => {
      const { fileID } = await platform.upload(options && options.cloudPath, options && options.fileContent);
      return { fileID, statusCode: 200, errMsg: 'uploadFile:ok' };
    }),

    downloadFile: (options) => shaped('downloadFile', 'storage', options, async () => ({
      fileContent: await platform.download(options && options.fileID), statusCode: 200, errMsg: 'downloadFile:ok',
    })),

    deleteFile: (options) => shaped('deleteFile', 'storage', options, async () => {
      const { fileList } = await platform.deleteFiles(options && options.fileList);
      return { fileList, errMsg: 'deleteFile:ok' };
    }),

    getTempFileURL: (options) => shaped('getTempFileURL', 'storage', options, async () => {
      const { fileList } = await platform.temporaryURLs(options && options.fileList);
      return { fileList, errMsg: 'getTempFileURL:ok' };
    }),
  };
}

async function callWechat(platform, api, parameters) {
  const answer = await platform.openapi({ platform: 'wechat', api, params: toSnakeCase(parameters || {}) }).catch(keepWechatNumber);
  const converted = toCamelCase(answer);
  const { errcode, errmsg, ...rest } = converted;
  if (errcode) throw wechatRefusal(errcode, errmsg);
  return { ...rest, errCode: 0, errMsg: `openapi.${api}:ok` };
}

/** Programs compare WeChat's own number (87014: the text is not allowed), which the server passes on beside its own code. */
function keepWechatNumber(error) {
  const { platformCode, platformMessage } = (error && error.problem) || {};
  if (platformCode === undefined || !Number.isInteger(Number(platformCode))) throw error;
  throw wechatRefusal(Number(platformCode), platformMessage);
}

/** A refusal by WeChat itself keeps WeChat's own number. */
function wechatRefusal(errcode, errmsg) {
  const refusal = new PlatformProblem({ status: 502, code: 'OPENAPI_REFUSED', detail: errmsg || 'WeChat refused the call.' });
  refusal.wechatNumber = errcode;
  return refusal;
}

async function refuseOpenData() {
  throw notAvailable(
    'The data behind a CloudID can only be opened by WeChat\'s own cloud. Send the page\'s `code` instead and call, ' +
      'for example, cloud.openapi.phonenumber.getPhoneNumber({code}).',
    'OPEN_DATA_NOT_AVAILABLE',
  );
}

/** `new cloud.Cloud({resourceAppid, resourceEnv})`: the same API; other environments' resources are out of reach. */
function sharedCloudClass(cloud, link) {
  return class Cloud {
    constructor(options) {
      const { Cloud: ownClass, init, ...members } = cloud;
      Object.assign(this, members);
      this.options = options || {};
    }

    async init() {
      const { resourceEnv } = this.options;
      if (typeof resourceEnv === 'string' && resourceEnv !== link.settings.env) {
        throw wechatError(
          notAvailable(`A function in ${link.settings.env} cannot reach the environment ${resourceEnv}.`, 'RESOURCE_SHARING_NOT_AVAILABLE'),
          'Cloud.init',
          'login',
        );
      }
    }
  };
}

module.exports = { createWechatSDK };
