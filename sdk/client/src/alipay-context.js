'use strict';

/** `createCloudContext({env})`, the shapes of `my.cloud`. */

const { alipay } = require('../../shared/flavours');
const { createCoupons, PAGE_STEPS } = require('../../shared/coupons');
const { alipayError, notAvailable } = require('../../shared/problems');
const { settle } = require('../../shared/callbacks');

const LIMITS = { default: 100, maximum: 100 };

/** `connect()` → the Connection; throws when the settings are incomplete. */
function createAlipayContext(connect) {
  function shaped(api, options, work) {
    const promise = Promise.resolve().then(() => work(connect(), options || {})).catch((error) => {
      throw alipayError(error, api, api);
    });
    return settle(promise, options);
  }

  return {
    init: (options) => shaped('init', options, async (connection) => {
      await connection.start();
      return { success: true };
    }),

    callFunction: (options) => shaped('callFunction', options, async (connection, { name, data, timeout }) => {
      const { result, requestId } = await connection.invoke(name, data, timeout);
      return { result, requestID: requestId };
    }),

    database(options) {
      try {
        return connect().database(alipay, LIMITS, options);
      } catch (error) {
        throw alipayError(error, 'database', 'database');
      }
    },

    uploadFile: (options) => shaped('uploadFile', options, async (connection, { cloudPath, filePath, fileType, timeout }) => {
      const { fileID, statusCode, requestId } = await connection.upload({ cloudPath, file: filePath, fileType, timeout });
      return { fileID, statusCode, requestID: requestId };
    }),

    downloadFile: (options) => shaped('downloadFile', options, async (connection, { fileID, filePath, timeout }) => {
      const saved = await connection.download({ fileID, filePath, timeout });
      return { tempFilePath: saved.tempFilePath, filePath: saved.filePath, statusCode: saved.statusCode, requestID: saved.requestId };
    }),

    deleteFile: (options) => shaped('deleteFile', options, async (connection, { fileList, timeout }) => (
      listed(await connection.deleteFiles(fileList, timeout))
    )),

    getTempFileURL: (options) => shaped('getTempFileURL', options, async (connection, { fileList, timeout }) => (
      listed(await connection.temporaryURLs(fileList, timeout))
    )),

    /** Not Alipay's: coupons of Sampan, in Alipay's manner. */
    coupons: createCoupons(PAGE_STEPS, (op, options, members) => shaped(`coupons.${op}`, options, async (connection, { timeout }) => {
      const { answer, requestId } = await connection.coupons(op, members(), timeout);
      return Object.assign({}, answer, { requestID: requestId });
    })),

    callContainer: (options) => shaped('callContainer', options, async () => {
      throw notAvailable('callContainer is not available; call a function or the service\'s own address instead.');
    }),
  };
}

function listed({ fileList, requestId }) {
  const files = fileList.map((file) => {
    const shapedFile = Object.assign({}, file, { resultMessage: file.errMsg });
    delete shapedFile.errMsg;
    return shapedFile;
  });
  return { fileList: files, resultMessage: 'ok', requestID: requestId };
}

module.exports = { createAlipayContext };
