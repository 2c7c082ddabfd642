/*!
 * Sampan client SDK. Made by sdk/client/build.js from sdk/client/src and sdk/shared; do not edit.
 */
(function (root, factory) {
  if (typeof module === 'object' && module !== null && module.exports) module.exports = factory(module);
  else if (typeof define === 'function' && define.amd) define([], function () { return factory(null); });
  else root.sampan = factory(null);
})(typeof globalThis !== 'undefined' ? globalThis : typeof self !== 'undefined' ? self : this, function (hostModule) {
  'use strict';

  const sources = {};
  const loaded = {};

  function load(name) {
    if (loaded[name] === undefined) {
      const module = { exports: {} };
      loaded[name] = module;
      sources[name](module);
    }
    return loaded[name].exports;
  }

  sources['shared/problems'] = function (module) {
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
  };

  sources['shared/geo'] = function (module) {
    /** Places as both platforms' SDKs write them; they travel and are stored as GeoJSON. */

    const { invalidParameter } = load('shared/problems');

    class GeoShape {
      constructor(type, coordinates) {
        this.type = type;
        this.coordinates = coordinates;
      }

      toJSON() {
        return { type: this.type, coordinates: this.coordinates };
      }
    }

    class GeoPoint extends GeoShape {
      constructor(longitude, latitude) {
        super('Point', checkPosition([longitude, latitude]));
      }

      get longitude() {
        return this.coordinates[0];
      }

      get latitude() {
        return this.coordinates[1];
      }
    }

    function checkPosition(position) {
      if (!Array.isArray(position) || position.length < 2) throw invalidParameter('A position is [longitude, latitude] or a Geo.Point.');
      checkCoordinate('longitude', position[0], 180);
      checkCoordinate('latitude', position[1], 90);
      return position;
    }

    function checkCoordinate(name, value, maximum) {
      if (typeof value !== 'number' || !(Math.abs(value) <= maximum)) {
        throw invalidParameter(`${name} must be a number from -${maximum} to ${maximum}, not ${value}.`);
      }
    }

    function checkLine(positions) {
      if (positions.length < 2) throw invalidParameter('A line has at least 2 positions.');
      return positions.map(checkPosition);
    }

    function checkRing(positions) {
      const line = checkLine(positions);
      const last = line[line.length - 1];
      if (line[0][0] !== last[0] || line[0][1] !== last[1]) throw invalidParameter('A line of a polygon ends where it begins.');
      return line;
    }

    const shapeClasses = {};

    /**
     * A shape of other shapes. `part`: the name of the getter that answers them, and of the class they have; `check` looks at
     * the coordinates of one of them.
     */
    function shapeClass(type, part, minimum, check) {
      class Shape extends GeoShape {
        constructor(parts) {
          if (!Array.isArray(parts) || parts.length < minimum) {
            throw invalidParameter(`Geo.${type} needs an array of at least ${minimum} part${minimum === 1 ? '' : 's'}.`);
          }
          super(type, parts.map((given) => check(coordinatesOf(type, given, part.type))));
        }
      }
      Object.defineProperty(Shape.prototype, part.name, {
        get() {
          return this.coordinates.map((coordinates) => shapeOf(part.type, coordinates));
        },
      });
      shapeClasses[type] = Shape;
      return callable(Shape);
    }

    function coordinatesOf(type, given, partType) {
      const isShape = typeof given === 'object' && given !== null && Array.isArray(given.coordinates);
      if (isShape && given.type !== partType) throw invalidParameter(`Geo.${type} is made of ${partType}s, not of ${given.type}s.`);
      const coordinates = isShape ? given.coordinates : given;
      if (!Array.isArray(coordinates)) throw invalidParameter(`Geo.${type} is made of ${partType}s.`);
      return coordinates;
    }

    /** Made without the constructor: what is stored is shown as it is, even if it is out of range. */
    function shapeOf(type, coordinates) {
      const shape = Object.create(shapeClasses[type].prototype);
      shape.type = type;
      shape.coordinates = coordinates;
      return shape;
    }

    /** A constructor that works with and without `new`, since both are common in programs. */
    function callable(Class) {
      function create() {
        return new Class(...arguments);
      }
      create.prototype = Class.prototype;
      return create;
    }

    const checkPolygon = (lines) => {
      if (lines.length === 0) throw invalidParameter('A polygon has at least 1 line.');
      return lines.map((line) => checkRing(coordinatesOf('Polygon', line, 'LineString')));
    };

    shapeClasses.Point = GeoPoint;

    const Geo = {
      Point: callable(GeoPoint),
      LineString: shapeClass('LineString', { name: 'points', type: 'Point' }, 2, checkPosition),
      Polygon: shapeClass('Polygon', { name: 'lines', type: 'LineString' }, 1, checkRing),
      MultiPoint: shapeClass('MultiPoint', { name: 'points', type: 'Point' }, 1, checkPosition),
      MultiLineString: shapeClass('MultiLineString', { name: 'lines', type: 'LineString' }, 1, checkLine),
      MultiPolygon: shapeClass('MultiPolygon', { name: 'polygons', type: 'Polygon' }, 1, checkPolygon),
    };

    /** A Geo object for a GeoJSON geometry, or null when the object is something else. */
    function geoFromJSON(value) {
      if (!Object.prototype.hasOwnProperty.call(shapeClasses, value.type) || !Array.isArray(value.coordinates)) return null;
      if (Object.keys(value).length !== 2) return null;
      return shapeOf(value.type, value.coordinates);
    }

    module.exports = { Geo, GeoShape, GeoPoint, geoFromJSON };
  };

  sources['shared/base64'] = function (module) {
    /** Base64 without `Buffer` and `btoa`, which mini programs do not have. */

    const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    // String.fromCharCode and join take only so many values at once.
    const TRIPLES_A_PIECE = 4096;

    /** The bytes of an ArrayBuffer or of a view of one, without copying them. */
    function bytesOf(value) {
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      return new Uint8Array(value);
    }

    /** Bytes as base64 text. */
    function encodeBase64(value) {
      const bytes = bytesOf(value);
      if (typeof Buffer === 'function') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
      const pieces = [];
      for (let start = 0; start < bytes.length; start += TRIPLES_A_PIECE * 3) {
        pieces.push(encodePiece(bytes, start, Math.min(bytes.length, start + TRIPLES_A_PIECE * 3)));
      }
      return pieces.join('');
    }

    function encodePiece(bytes, start, end) {
      let text = '';
      for (let index = start; index < end; index += 3) {
        const left = end - index;
        const triple = (bytes[index] << 16) | ((left > 1 ? bytes[index + 1] : 0) << 8) | (left > 2 ? bytes[index + 2] : 0);
        text += LETTERS[triple >> 18] + LETTERS[(triple >> 12) & 63];
        text += left > 1 ? LETTERS[(triple >> 6) & 63] : '=';
        text += left > 2 ? LETTERS[triple & 63] : '=';
      }
      return text;
    }

    /** The bytes of a base64 text: a Buffer where there is Node, otherwise a Uint8Array. */
    function decodeBase64(text) {
      if (typeof Buffer === 'function') return Buffer.from(text, 'base64');
      const letters = text.replace(/[^A-Za-z0-9+/]/g, '');
      const bytes = new Uint8Array(Math.floor(letters.length * 3 / 4));
      let held = 0;
      let bits = 0;
      let at = 0;
      for (let index = 0; index < letters.length; index += 1) {
        held = ((held << 6) | LETTERS.indexOf(letters[index])) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
          bits -= 8;
          bytes[at] = (held >> bits) & 255;
          at += 1;
        }
      }
      return bytes;
    }

    module.exports = { encodeBase64, decodeBase64 };
  };

  sources['shared/typed-values'] = function (module) {
    /**
     * Values that JSON does not have, as they travel and are stored: dates, bytes, regular expressions, the server's time
     * (docs/api/wire.md, typed values). Every one of them is an object whose only member says its kind.
     */

    const { invalidParameter } = load('shared/problems');
    const { geoFromJSON } = load('shared/geo');
    const { encodeBase64, decodeBase64 } = load('shared/base64');

    /** Members by which an object is a value although their names begin with `$`, as operators' names do. */
    const TYPE_KEYS = ['$date', '$serverDate', '$binary', '$regularExpression', '$oid', '$numberLong', '$numberInt', '$numberDouble', '$numberDecimal'];

    /** What an answer's text has to contain before it is worth walking through. */
    const REVIVED_KEYS = ['"$date"', '"$binary"', '"$regularExpression"'];

    /** `db.serverDate({offset})`: the server's time when it carries out the operation, `offset` milliseconds later. */
    class ServerDate {
      constructor(options) {
        const offset = options === undefined || options === null || options.offset === undefined ? 0 : options.offset;
        if (typeof offset !== 'number' || !Number.isFinite(offset)) throw invalidParameter('serverDate needs {offset: milliseconds}.');
        this.offset = offset;
      }
    }

    /** `db.RegExp({regexp, options})`, for places where a literal cannot be written. */
    class RegExpValue {
      constructor(options) {
        const given = options instanceof RegExp ? { regexp: options.source, options: keptFlags(options) }
          : typeof options === 'object' && options !== null ? options : { regexp: options };
        if (typeof given.regexp !== 'string') throw invalidParameter('RegExp needs {regexp: string, options?: string}.');
        this.regexp = given.regexp;
        this.options = given.options || '';
      }
    }

    // Names of classes rather than instanceof: values may come from another realm (a mini program's page, a vm context).
    function kindOf(value) {
      return Object.prototype.toString.call(value);
    }

    function isDate(value) {
      return value instanceof Date || kindOf(value) === '[object Date]';
    }

    function isRegularExpression(value) {
      return value instanceof RegExpValue || value instanceof RegExp || kindOf(value) === '[object RegExp]';
    }

    function isBinary(value) {
      return ArrayBuffer.isView(value) || kindOf(value) === '[object ArrayBuffer]';
    }

    function encodeDate(date) {
      const milliseconds = date.getTime();
      if (Number.isNaN(milliseconds)) throw invalidParameter('An invalid Date cannot be sent.');
      return { $date: milliseconds };
    }

    function encodeBinary(bytes) {
      return { $binary: { base64: encodeBase64(bytes), subType: '00' } };
    }

    // `g`, `y`, `u` and `d` say how to walk through one string; a pattern in the database only says what matches.
    function keptFlags(expression) {
      return expression.flags.replace(/[^ims]/g, '');
    }

    /** The pattern and the options of a RegExp or a `db.RegExp`. */
    function patternOf(value) {
      if (value instanceof RegExpValue) return { pattern: value.regexp, options: value.options };
      return { pattern: value.source, options: keptFlags(value) };
    }

    /** A regular expression that is looked for: what matches it. */
    function encodePattern(value) {
      const { pattern, options } = patternOf(value);
      return options ? { $regex: pattern, $options: options } : { $regex: pattern };
    }

    /** A regular expression that is stored, or stands in an expression. */
    function encodeRegularExpression(value) {
      return { $regularExpression: patternOf(value) };
    }

    /** Sets a member even if its name is `__proto__`. */
    function define(object, key, value) {
      if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
      else object[key] = value;
    }

    /** Parses an answer; walks through it only if it has something to revive. */
    function decodeAnswer(text, geoObjects) {
      if (text === '') return {};
      const answer = JSON.parse(text);
      const places = geoObjects && text.indexOf('"coordinates"') !== -1;
      return places || REVIVED_KEYS.some((key) => text.indexOf(key) !== -1) ? revive(answer, places) : answer;
    }

    /** Puts the values in the place of their JSON, within the object that is given; `places` also those of GeoJSON. */
    function revive(value, places) {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) {
        for (let index = 0; index < value.length; index += 1) value[index] = revive(value[index], places);
        return value;
      }
      const keys = Object.keys(value);
      if (keys.length === 1 && keys[0].charAt(0) === '$') {
        const special = reviveTyped(keys[0], value[keys[0]]);
        if (special !== undefined) return special;
      }
      if (places && typeof value.type === 'string') {
        const shape = geoFromJSON(value);
        if (shape !== null) return shape;
      }
      for (const key of keys) define(value, key, revive(value[key], places));
      return value;
    }

    function reviveTyped(key, value) {
      if (key === '$date') return new Date(typeof value === 'object' && value !== null ? Number(value.$numberLong) : value);
      const isObject = typeof value === 'object' && value !== null;
      if (key === '$binary' && isObject && typeof value.base64 === 'string') return decodeBase64(value.base64);
      if (key === '$regularExpression' && isObject && typeof value.pattern === 'string') return reviveRegularExpression(value);
      return undefined;
    }

    /** A RegExp where JavaScript can have it; otherwise (option `x`, another dialect) what `db.RegExp` makes. */
    function reviveRegularExpression({ pattern, options }) {
      try {
        return new RegExp(pattern, options || '');
      } catch (error) {
        return new RegExpValue({ regexp: pattern, options });
      }
    }

    module.exports = {
      ServerDate, RegExpValue, TYPE_KEYS, isDate, isRegularExpression, isBinary, patternOf,
      encodeDate, encodeBinary, encodePattern, encodeRegularExpression, define, decodeAnswer, revive,
    };
  };

  sources['shared/values'] = function (module) {
    /** Values of documents, conditions and expressions, from JavaScript to the wire. */

    const { invalidParameter } = load('shared/problems');
    const { GeoShape } = load('shared/geo');
    const typed = load('shared/typed-values');

    const { define } = typed;
    const MAXIMUM_DEPTH = 100;
    const PATTERN_EXPRESSIONS = ['$regexMatch', '$regexFind', '$regexFindAll'];

    /** Base of everything that `db.command` makes: such objects have a meaning only at certain places. */
    class Command {}

    /** An aggregation expression, e.g. `$.sum('$price')`. */
    class Expression {
      constructor(name, operands) {
        this.name = name;
        this.operands = operands;
      }
    }

    function isPlainObject(value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      const prototype = Object.getPrototypeOf(value);
      // Objects from another realm (a mini program's page, a vm context) have a foreign Object.prototype.
      return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
    }

    /** Whether an object consists of operators: all its names begin with `$`, and it is no typed value. */
    function isOperators(value) {
      if (!isPlainObject(value)) return false;
      const keys = Object.keys(value);
      return keys.length > 0 && keys.every((key) => key.charAt(0) === '$') && !(keys.length === 1 && typed.TYPE_KEYS.indexOf(keys[0]) !== -1);
    }

    /** What a value is part of: regular expressions are stored in DATA and EXPRESSION, and are patterns in a CONDITION. */
    const DATA = { patterns: false, expressions: false };
    const CONDITION = { patterns: true, expressions: false };
    const EXPRESSION = { patterns: false, expressions: true };

    function encodeValue(value, allowed, depth) {
      if (typeof value !== 'object') return encodePrimitive(value);
      if (value === null) return null;
      const level = depth || 0;
      if (level > MAXIMUM_DEPTH) {
        throw invalidParameter(`A value is circular or nested more than ${MAXIMUM_DEPTH} levels deep.`, 'CIRCULAR_REFERENCE');
      }
      if (Array.isArray(value)) return value.map((item) => encodeItem(item, allowed, level + 1));
      const special = encodeSpecial(value, allowed, level);
      return special === undefined ? encodeMembers(value, allowed, level) : special;
    }

    function encodePrimitive(value) {
      if (typeof value === 'bigint') return encodeBigInt(value);
      if (typeof value === 'function' || typeof value === 'symbol') return undefined;
      return value;
    }

    function encodeBigInt(value) {
      const number = Number(value);
      if (!Number.isSafeInteger(number)) throw invalidParameter(`${value} is too large for a number in a document; store it as a string.`);
      return number;
    }

    function encodeItem(item, allowed, depth) {
      const encoded = encodeValue(item, allowed, depth);
      return encoded === undefined ? null : encoded;
    }

    function encodeSpecial(value, allowed, depth) {
      if (typed.isDate(value)) return typed.encodeDate(value);
      if (value instanceof GeoShape) return value.toJSON();
      if (value instanceof typed.ServerDate) return { $serverDate: { offset: value.offset } };
      if (typed.isRegularExpression(value)) return allowed.patterns ? typed.encodePattern(value) : typed.encodeRegularExpression(value);
      if (typed.isBinary(value)) return typed.encodeBinary(value);
      if (value instanceof Expression) return encodeExpression(value, allowed, depth);
      if (value instanceof Command) throw invalidParameter('A command of db.command stands at a place where only values are allowed.');
      if (typeof value.toJSON === 'function') return encodeValue(value.toJSON(), allowed, depth + 1);
      return undefined;
    }

    function encodeExpression(expression, allowed, depth) {
      if (!allowed.expressions) throw invalidParameter(`$.${expression.name} can stand in an aggregation or in _.expr only.`);
      const operands = expression.operands;
      const operand = operands.length === 0 ? {} : operands.length === 1 ? operands[0] : operands;
      const written = {};
      written[`$${expression.name}`] = operand;
      return encodeMembers(written, allowed, depth);
    }

    function encodeMembers(value, allowed, depth) {
      const encoded = {};
      for (const key of Object.keys(value)) {
        const given = allowed.expressions && PATTERN_EXPRESSIONS.indexOf(key) !== -1 ? withPatternInText(value[key]) : value[key];
        const member = encodeValue(given, allowed, depth + 1);
        if (member !== undefined) define(encoded, key, member);
      }
      return encoded;
    }

    /** `{input, regex: /x/i}` → `{input, regex: 'x', options: 'i'}`: what `$regexMatch` and its kin understand everywhere. */
    function withPatternInText(operand) {
      if (!isPlainObject(operand) || !typed.isRegularExpression(operand.regex)) return operand;
      const { pattern, options } = typed.patternOf(operand.regex);
      return Object.assign({}, operand, { regex: pattern }, options && operand.options === undefined ? { options } : {});
    }

    module.exports = { Command, Expression, isPlainObject, isOperators, encodeValue, define, DATA, CONDITION, EXPRESSION };
  };

  sources['shared/command-classes'] = function (module) {
    /** The objects that `db.command` makes for operators of queries and updates. Encoding is in conditions.js and updates.js. */

    const { Command } = load('shared/values');
    const { invalidParameter } = load('shared/problems');

    const QUERY_OPERATORS = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in', 'nin', 'exists', 'mod', 'all', 'elemMatch', 'size',
      'geoNear', 'geoWithin', 'geoIntersects', 'expr', 'jsonSchema', 'text'];
    const LOGIC_OPERATORS = ['and', 'or', 'nor', 'not'];
    const UPDATE_OPERATORS = ['set', 'setOnInsert', 'remove', 'inc', 'mul', 'min', 'max', 'rename', 'bit', 'push', 'pop', 'shift', 'unshift',
      'addToSet', 'pull', 'pullAll'];

    /** A condition on one value. Conditions chain: `_.gt(1).lt(5)`, `_.gt(1).and(_.lt(5))`, `_.eq(1).or(_.gt(9))`. */
    class Condition extends Command {
      and() {
        return new LogicCommand('and', [this].concat(listOf(arguments)));
      }

      or() {
        return new LogicCommand('or', [this].concat(listOf(arguments)));
      }

      nor() {
        return new LogicCommand('nor', [this].concat(listOf(arguments)));
      }

      not() {
        return new LogicCommand('not', [this]);
      }
    }

    class QueryCommand extends Condition {
      constructor(operator, operand) {
        super();
        this.operator = operator;
        this.operand = operand;
      }
    }

    class LogicCommand extends Condition {
      constructor(operator, operands) {
        super();
        if (operands.length === 0) throw invalidParameter(`_.${operator} needs at least one condition.`);
        this.operator = operator;
        this.operands = operands;
      }
    }

    class UpdateCommand extends Command {
      constructor(operator, operands) {
        super();
        this.operator = operator;
        this.operands = operands;
      }
    }

    /** `_.project.slice(…)` and `_.project.elemMatch(…)`, values of a projection. */
    class ProjectionCommand extends Command {
      constructor(operator, operand) {
        super();
        this.operator = operator;
        this.operand = operand;
      }
    }

    /** Both `_.or(a, b)` and `_.or([a, b])`. */
    function listOf(given) {
      return given.length === 1 && Array.isArray(given[0]) ? given[0].slice() : Array.prototype.slice.call(given);
    }

    function queryOperand(operator, given) {
      if (operator === 'mod' && given.length === 2) return [given[0], given[1]];
      const operand = given[0];
      if ((operator === 'in' || operator === 'nin' || operator === 'all') && !Array.isArray(operand)) {
        throw invalidParameter(`_.${operator} needs an array.`);
      }
      return operand;
    }

    for (const operator of QUERY_OPERATORS) {
      Condition.prototype[operator] = function chained() {
        return this.and(new QueryCommand(operator, queryOperand(operator, arguments)));
      };
    }

    module.exports = {
      QUERY_OPERATORS, LOGIC_OPERATORS, UPDATE_OPERATORS, Condition, QueryCommand, LogicCommand, UpdateCommand, ProjectionCommand,
      listOf, queryOperand,
    };
  };

  sources['shared/conditions'] = function (module) {
    /**
     * Encodes what stands in `where` as a MongoDB query. `rules.flattenWhere` is the difference between the
     * platforms: WeChat reads `{a: {b: 1}}` as "the field a.b equals 1", Alipay as "a equals this whole object".
     */

    const { Command, encodeValue, isPlainObject, isOperators, define, CONDITION, EXPRESSION } = load('shared/values');
    const { isRegularExpression } = load('shared/typed-values');
    const { invalidParameter } = load('shared/problems');
    const classes = load('shared/command-classes');

    const MONGO_OPERATOR = {
      eq: '$eq', neq: '$ne', gt: '$gt', gte: '$gte', lt: '$lt', lte: '$lte', in: '$in', nin: '$nin', exists: '$exists', mod: '$mod',
      size: '$size',
    };
    const TOP_LEVEL = { expr: '$expr', jsonSchema: '$jsonSchema', text: '$text' };
    const LOGIC = { and: '$and', or: '$or', nor: '$nor' };
    const LOGIC_NAMES = ['$and', '$or', '$nor'];

    function encodeWhere(where, rules) {
      if (where instanceof classes.LogicCommand) return joinLogic(where, (operand) => encodeWhere(operand, rules));
      if (where instanceof classes.QueryCommand) return topLevelClause(where);
      if (!isPlainObject(where)) throw invalidParameter('where needs an object or a command such as _.or([…]).');
      const keys = Object.keys(where);
      if (keys.length > 0 && keys.every((key) => where[key] === undefined)) {
        throw invalidParameter(`All values of where are undefined (${keys.join(', ')}); this would match every document.`);
      }
      const clauses = [];
      for (const key of keys) {
        if (where[key] !== undefined) addField(clauses, key, where[key], rules);
      }
      return mergeClauses(clauses);
    }

    function topLevelClause(command) {
      const operator = TOP_LEVEL[command.operator];
      if (operator === undefined) {
        throw invalidParameter(`_.${command.operator} is a condition on a field: where({field: _.${command.operator}(…)}).`);
      }
      const allowed = command.operator === 'expr' ? EXPRESSION : CONDITION;
      if (command.operator === 'text') return { $text: textSearch(command.operand) };
      return single(operator, encodeValue(command.operand, allowed));
    }

    function textSearch(operand) {
      const options = typeof operand === 'string' ? { search: operand } : operand || {};
      const encoded = {};
      for (const key of Object.keys(options)) encoded[key.charAt(0) === '$' ? key : `$${key}`] = options[key];
      return encoded;
    }

    function addField(clauses, path, value, rules) {
      if (path.charAt(0) === '$') clauses.push(rawLogic(path, value, rules));
      else if (value instanceof classes.LogicCommand) clauses.push(fieldLogic(path, value, rules));
      else if (value instanceof classes.QueryCommand) clauses.push(fieldCommand(path, value, rules));
      else if (value instanceof Command) throw invalidParameter(`The field ${path} of where has a command that is not a condition.`);
      else if (isPlainObject(value)) addObject(clauses, path, value, rules);
      else clauses.push(single(path, encodeValue(value, CONDITION)));
    }

    /** Operators of MongoDB that somebody wrote by hand. */
    function rawLogic(operator, value, rules) {
      if (operator === '$expr') return { $expr: encodeValue(value, EXPRESSION) };
      if (LOGIC_NAMES.indexOf(operator) !== -1) return single(operator, listFor(operator, value).map((item) => encodeWhere(item, rules)));
      return single(operator, encodeValue(value, CONDITION));
    }

    /** `{$gt: 1, $elemMatch: {…}}` on a field, written by hand; commands, dates and places may stand inside of it. */
    function rawOperators(operators, rules) {
      const encoded = {};
      for (const name of Object.keys(operators)) {
        if (operators[name] !== undefined) Object.assign(encoded, rawOperator(name, operators[name], rules));
      }
      // Beside a pattern that brings its own options, those that were written win.
      if (operators.$options !== undefined && encoded.$regex !== undefined) encoded.$options = operators.$options;
      return encoded;
    }

    function rawOperator(name, operand, rules) {
      switch (name) {
        case '$regex': return isRegularExpression(operand) ? encodeValue(operand, CONDITION) : { $regex: operand };
        case '$eq': case '$ne': return equality(name, operand);
        case '$not': return { $not: asPredicate(operand, rules) };
        case '$elemMatch': return { $elemMatch: elementCondition(operand, rules) };
        case '$all': return { $all: listFor(name, operand).map((item) => allItem(item, rules)) };
        case '$and': case '$or': case '$nor': return single(name, listFor(name, operand).map((item) => asPredicate(item, rules)));
        default: return single(name, encodeValue(operand, CONDITION));
      }
    }

    function listFor(name, operand) {
      if (!Array.isArray(operand)) throw invalidParameter(`${name} needs an array.`);
      return operand;
    }

    /** One part of logic that stands inside of a field: a command, operators, a pattern or a value. */
    function asPredicate(part, rules) {
      if (part instanceof classes.Condition) return valueCondition(part, rules);
      return isOperators(part) ? rawOperators(part, rules) : encodeValue(part, CONDITION);
    }

    /** To equal a pattern means to match it. */
    function equality(name, operand) {
      const encoded = encodeValue(operand, CONDITION);
      if (!isRegularExpression(operand)) return single(name, encoded === undefined ? null : encoded);
      return name === '$eq' ? encoded : { $not: encoded };
    }

    function allItem(item, rules) {
      const encoded = asPredicate(item, rules);
      return encoded === undefined ? null : encoded;
    }

    function fieldCommand(path, command, rules) {
      if (TOP_LEVEL[command.operator] !== undefined) return topLevelClause(command);
      return single(path, operatorDocument(command, rules));
    }

    function addObject(clauses, path, value, rules) {
      const keys = Object.keys(value);
      if (isOperators(value)) {
        clauses.push(single(path, rawOperators(value, rules)));
        return;
      }
      const typed = keys.length > 0 && keys.every((key) => key.charAt(0) === '$');
      if (keys.length === 0 || typed || !(rules.flattenWhere || holdsCondition(value))) {
        clauses.push(single(path, encodeValue(value, CONDITION)));
        return;
      }
      for (const key of keys) {
        if (value[key] !== undefined) addField(clauses, `${path}.${key}`, value[key], rules);
      }
    }

    /** Whether a nested object asks for more than equality, so that only dotted paths can say it. */
    function holdsCondition(value) {
      if (value instanceof Command || isRegularExpression(value)) return true;
      return isPlainObject(value) && Object.keys(value).some((key) => holdsCondition(value[key]));
    }

    /** Logic on one field becomes logic of conditions on that field, MongoDB's plain form, which indexes can serve. */
    function fieldLogic(path, command, rules) {
      if (command.operator === 'not') return negated(path, command.operands[0], rules);
      return joinLogic(command, (operand) => {
        const clauses = [];
        addField(clauses, path, operand, rules);
        return mergeClauses(clauses);
      });
    }

    function negated(path, operand, rules) {
      if (operand instanceof classes.QueryCommand) return single(path, { $not: operatorDocument(operand, rules) });
      if (isRegularExpression(operand)) return single(path, { $not: encodeValue(operand, CONDITION) });
      const clauses = [];
      addField(clauses, path, operand, rules);
      return { $nor: [mergeClauses(clauses)] };
    }

    function joinLogic(command, encode) {
      const clauses = command.operands.map(encode);
      if (command.operator === 'and') return mergeClauses(clauses);
      if (command.operator === 'not') return { $nor: clauses };
      return single(LOGIC[command.operator], clauses);
    }

    /** `{$gt: 1}`: what stands behind the field's name. */
    function operatorDocument(command, rules) {
      const operand = command.operand;
      switch (command.operator) {
        case 'eq': case 'neq': return equality(MONGO_OPERATOR[command.operator], operand);
        case 'all': return { $all: operand.map((item) => allItem(item, rules)) };
        case 'elemMatch': return { $elemMatch: elementCondition(operand, rules) };
        case 'geoNear': return { $near: nearOptions(operand) };
        case 'geoWithin': return { $geoWithin: withinOptions(operand) };
        case 'geoIntersects': return { $geoIntersects: { $geometry: encodeValue(requireGeometry(operand, 'geoIntersects'), CONDITION) } };
        default: break;
      }
      const operator = MONGO_OPERATOR[command.operator];
      if (operator === undefined) throw invalidParameter(`_.${command.operator} stands at the top of where, not on a field.`);
      const encoded = encodeValue(operand, CONDITION);
      return single(operator, encoded === undefined ? null : encoded);
    }

    /** A condition on an array's element, in `$elemMatch` and `$pull`: on its members, or on the element itself. */
    function elementCondition(operand, rules) {
      if (operand instanceof classes.LogicCommand && isAboutMembers(operand)) return joinLogic(operand, (part) => elementCondition(part, rules));
      if (operand instanceof classes.Condition) return valueCondition(operand, rules);
      if (isOperators(operand)) return elementOperators(operand, rules);
      if (isPlainObject(operand) && Object.keys(operand).every((key) => key.charAt(0) !== '$')) return encodeWhere(operand, rules);
      return encodeValue(operand, CONDITION);
    }

    /** Whether logic joins conditions on members, `_.or([{a: 1}, {b: 2}])`, rather than on the element itself. */
    function isAboutMembers(part) {
      if (part instanceof classes.LogicCommand) return part.operands.some(isAboutMembers);
      return isPlainObject(part) && !isOperators(part);
    }

    /** Logic in an element's condition is about its members as well as about itself; other operators are about itself. */
    function elementOperators(operators, rules) {
      const encoded = {};
      for (const name of Object.keys(operators)) {
        const operand = operators[name];
        if (operand === undefined) continue;
        if (LOGIC_NAMES.indexOf(name) !== -1) encoded[name] = listFor(name, operand).map((item) => elementCondition(item, rules));
        else if (name === '$expr') Object.assign(encoded, rawLogic(name, operand, rules));
        else Object.assign(encoded, rawOperators(single(name, operand), rules));
      }
      if (operators.$options !== undefined && encoded.$regex !== undefined) encoded.$options = operators.$options;
      return encoded;
    }

    /** A command where there is no field name to repeat: in $elemMatch, $pull, $not. */
    function valueCondition(command, rules) {
      if (command instanceof classes.QueryCommand) return operatorDocument(command, rules);
      const parts = command.operands.map((operand) => {
        const isCondition = operand instanceof classes.Condition || isOperators(operand) || isRegularExpression(operand);
        return isCondition ? asPredicate(operand, rules) : { $eq: encodeValue(operand, CONDITION) };
      });
      if (command.operator === 'and') return mergeClauses(parts);
      if (command.operator === 'not') return { $not: parts[0] };
      return single(LOGIC[command.operator], parts);
    }

    function nearOptions(options) {
      const geometry = requireGeometry(options, 'geoNear');
      if (geometry.type !== 'Point') throw invalidParameter('_.geoNear needs a point as geometry.');
      const encoded = { $geometry: encodeValue(geometry, CONDITION) };
      for (const name of ['maxDistance', 'minDistance']) {
        const distance = options[name];
        if (distance === undefined) continue;
        if (typeof distance !== 'number' || !(distance >= 0)) throw invalidParameter(`${name} of _.geoNear is a number of metres.`);
        encoded[`$${name}`] = distance;
      }
      return encoded;
    }

    function withinOptions(options) {
      if (options && options.centerSphere !== undefined) {
        const [centre, radius] = listFor('centerSphere', options.centerSphere);
        const coordinates = centre && centre.coordinates ? centre.coordinates : centre;
        return { $centerSphere: [coordinates, radius] };
      }
      const geometry = requireGeometry(options, 'geoWithin');
      if (geometry.type !== 'Polygon' && geometry.type !== 'MultiPolygon') throw invalidParameter('_.geoWithin needs a polygon as geometry.');
      return { $geometry: encodeValue(geometry, CONDITION) };
    }

    function requireGeometry(options, name) {
      const geometry = options && options.geometry;
      const isGeometry = typeof geometry === 'object' && geometry !== null && typeof geometry.type === 'string';
      if (!isGeometry) throw invalidParameter(`_.${name} needs {geometry: db.Geo.…}.`);
      return geometry;
    }

    function single(key, value) {
      const document = {};
      define(document, key, value);
      return document;
    }

    /** One document that means all clauses: members side by side where names allow it, `$and` for the rest. */
    function mergeClauses(clauses) {
      const merged = {};
      const rest = [];
      for (const clause of clauses) {
        if (Object.keys(clause).every((key) => fits(merged, key, clause[key]))) {
          for (const key of Object.keys(clause)) {
            define(merged, key, key in merged ? Object.assign({}, merged[key], clause[key]) : clause[key]);
          }
        } else {
          rest.push(clause);
        }
      }
      if (rest.length > 0) merged.$and = (merged.$and || []).concat(rest);
      return merged;
    }

    function fits(merged, key, value) {
      if (!Object.prototype.hasOwnProperty.call(merged, key)) return key !== '__proto__';
      return isOperators(merged[key]) && isOperators(value) && Object.keys(value).every((operator) => !(operator in merged[key]));
    }

    module.exports = { encodeWhere, elementCondition };
  };

  sources['shared/pipeline'] = function (module) {
    /** The stages of an aggregation, written one after the other. */

    const { encodeValue, isPlainObject, EXPRESSION } = load('shared/values');
    const { invalidParameter } = load('shared/problems');
    const conditions = load('shared/conditions');

    /** Stages whose argument consists of values and expressions. */
    const EXPRESSION_STAGES = ['addFields', 'bucket', 'bucketAuto', 'count', 'densify', 'documents', 'fill', 'group', 'limit', 'out', 'project', 'redact', 'replaceRoot',
      'replaceWith', 'sample', 'set', 'setWindowFields', 'skip', 'sort', 'sortByCount', 'unset', 'unwind'];

    /** Stages with a condition or other stages inside; what stands at these members is encoded as what it is. */
    const COMPOSED_STAGES = {
      lookup: { pipeline: encodeStages },
      unionWith: { pipeline: encodeStages },
      merge: { whenMatched: (value, rules) => (typeof value === 'string' ? value : encodeStages(value, rules)) },
      graphLookup: { restrictSearchWithMatch: conditions.encodeWhere },
      geoNear: { query: conditions.encodeWhere },
    };

    /** Stages that were written by hand are MongoDB's own: a nested object in their conditions is a whole object. */
    const RAW_RULES = { flattenWhere: false };

    class Pipeline {
      constructor(rules) {
        this.rules = rules;
        this.stages = [];
      }

      /** Adds any stage, `name` with its `$`. */
      stage(name, body) {
        const stage = {};
        stage[name] = body;
        this.stages.push(stage);
        return this;
      }

      match(query) {
        return this.stage('$match', conditions.encodeWhere(query, this.rules));
      }

      /** `facet({prices: $.pipeline().bucket(…).done(), …})` */
      facet(pipelines) {
        return this.stage('$facet', encodeFacets(pipelines, this.rules));
      }

      /** For a pipeline inside of another stage: its stages as they travel. */
      done() {
        return this.stages;
      }
    }

    for (const name of EXPRESSION_STAGES) {
      Pipeline.prototype[name] = function stageOfExpressions(body) {
        if (body === undefined) throw invalidParameter(`The stage ${name} needs an argument.`);
        return this.stage(`$${name}`, encodeValue(body, EXPRESSION));
      };
    }

    for (const name of Object.keys(COMPOSED_STAGES)) {
      Pipeline.prototype[name] = function composedStage(options) {
        // `unionWith('goods')` and `merge('goods')` name a collection only.
        if (typeof options === 'string' && (name === 'unionWith' || name === 'merge')) return this.stage(`$${name}`, options);
        return this.stage(`$${name}`, encodeComposed(name, options, this.rules));
      };
    }

    function requireObject(name, options) {
      if (!isPlainObject(options)) throw invalidParameter(`The stage ${name} needs an object.`);
    }

    function encodeComposed(name, options, rules) {
      requireObject(name, options);
      const members = COMPOSED_STAGES[name];
      const body = {};
      const special = {};
      for (const key of Object.keys(options)) {
        if (members[key] === undefined) body[key] = options[key];
        else if (options[key] !== undefined) special[key] = members[key](options[key], rules);
      }
      return Object.assign(encodeValue(body, EXPRESSION), special);
    }

    function encodeFacets(pipelines, rules) {
      requireObject('facet', pipelines);
      const encoded = {};
      for (const name of Object.keys(pipelines)) encoded[name] = encodeStages(pipelines[name], rules);
      return encoded;
    }

    /**
     * Stages as they travel: of a Pipeline, or of an array that was written by hand or by `done()`.
     * Encoding what is encoded already changes nothing.
     */
    function encodeStages(stages) {
      if (stages instanceof Pipeline) return stages.stages;
      if (!Array.isArray(stages)) throw invalidParameter('A pipeline is an array of stages, or what $.pipeline() makes.');
      return stages.map(encodeStage);
    }

    function encodeStage(stage) {
      if (!isPlainObject(stage)) throw invalidParameter('A stage is an object such as {$match: {…}}.');
      const encoded = {};
      for (const key of Object.keys(stage)) encoded[key] = encodeStageBody(key, stage[key]);
      return encoded;
    }

    function encodeStageBody(key, body) {
      const name = key.slice(1);
      if (key === '$match') return conditions.encodeWhere(body, RAW_RULES);
      if (key === '$facet') return encodeFacets(body, RAW_RULES);
      const isComposed = Object.prototype.hasOwnProperty.call(COMPOSED_STAGES, name) && isPlainObject(body);
      return isComposed ? encodeComposed(name, body, RAW_RULES) : encodeValue(body, EXPRESSION);
    }

    module.exports = { Pipeline, encodeStages };
  };

  sources['shared/expressions'] = function (module) {
    /** `db.command.aggregate`, usually called `$`: one function for each operator of aggregation expressions. */

    const { Expression } = load('shared/values');
    const { Pipeline } = load('shared/pipeline');

    const NAMES = [
      // arithmetic
      'abs', 'add', 'ceil', 'divide', 'exp', 'floor', 'ln', 'log', 'log10', 'mod', 'multiply', 'pow', 'round', 'sqrt', 'subtract', 'trunc',
      'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'degreesToRadians', 'radiansToDegrees', 'rand',
      'bitAnd', 'bitOr', 'bitXor', 'bitNot',
      // arrays
      'arrayElemAt', 'arrayToObject', 'concatArrays', 'filter', 'in', 'indexOfArray', 'isArray', 'map', 'range', 'reduce',
      'reverseArray', 'size', 'slice', 'sortArray', 'zip',
      // logic, comparison, condition
      'and', 'not', 'or', 'cmp', 'eq', 'gt', 'gte', 'lt', 'lte', 'neq', 'cond', 'ifNull', 'switch',
      // dates
      'dateFromParts', 'dateToParts', 'dateFromString', 'dateToString', 'dayOfMonth', 'dayOfWeek', 'dayOfYear', 'hour', 'isoDayOfWeek',
      'isoWeek', 'isoWeekYear', 'millisecond', 'minute', 'month', 'second', 'week', 'year', 'dateAdd', 'dateDiff', 'dateSubtract', 'dateTrunc',
      // objects, sets
      'mergeObjects', 'objectToArray', 'getField', 'setField', 'unsetField',
      'allElementsTrue', 'anyElementTrue', 'setDifference', 'setEquals', 'setIntersection', 'setIsSubset', 'setUnion',
      // strings
      'concat', 'indexOfBytes', 'indexOfCP', 'ltrim', 'rtrim', 'trim', 'split', 'strLenBytes', 'strLenCP', 'strcasecmp', 'substr',
      'substrBytes', 'substrCP', 'toLower', 'toUpper', 'regexMatch', 'regexFind', 'regexFindAll', 'replaceOne', 'replaceAll', 'binarySize', 'bsonSize',
      // groups
      'addToSet', 'avg', 'count', 'first', 'last', 'max', 'min', 'push', 'stdDevPop', 'stdDevSamp', 'sum',
      'firstN', 'lastN', 'maxN', 'minN', 'top', 'topN', 'bottom', 'bottomN', 'median', 'percentile',
      // windows
      'rank', 'denseRank', 'documentNumber', 'shift', 'covariancePop', 'covarianceSamp', 'derivative', 'integral', 'expMovingAvg', 'linearFill', 'locf',
      // conversions and the rest
      'convert', 'isNumber', 'toBool', 'toDate', 'toDecimal', 'toDouble', 'toInt', 'toLong', 'toObjectId', 'toString', 'type',
      'let', 'literal', 'meta',
    ];

    const RENAMED = new Map([['neq', 'ne']]);

    /** `rules`: how the platform reads nested objects in the conditions of `$.pipeline()`. */
    function createExpressions(rules) {
      const expressions = {};
      for (const name of NAMES) {
        expressions[name] = function expression() {
          return new Expression(RENAMED.get(name) || name, Array.prototype.slice.call(arguments));
        };
      }
      expressions.pipeline = () => new Pipeline(rules);
      return expressions;
    }

    module.exports = { createExpressions };
  };

  sources['shared/commands'] = function (module) {
    /** `db.command`: one function for each operator of queries and updates. */

    const classes = load('shared/command-classes');
    const { createExpressions } = load('shared/expressions');

    const { QueryCommand, LogicCommand, UpdateCommand, ProjectionCommand } = classes;

    /** `rules`: how the platform reads nested objects in conditions. */
    function createCommand(rules) {
      const command = {};
      for (const operator of classes.QUERY_OPERATORS) {
        command[operator] = function query() {
          return new QueryCommand(operator, classes.queryOperand(operator, arguments));
        };
      }
      for (const operator of classes.LOGIC_OPERATORS) {
        command[operator] = function logic() {
          return new LogicCommand(operator, classes.listOf(arguments));
        };
      }
      for (const operator of classes.UPDATE_OPERATORS) {
        command[operator] = function update() {
          return new UpdateCommand(operator, Array.prototype.slice.call(arguments));
        };
      }
      command.project = {
        slice: (first, second) => new ProjectionCommand('$slice', second === undefined ? first : [first, second]),
        elemMatch: (conditions) => new ProjectionCommand('$elemMatch', conditions),
      };
      command.aggregate = createExpressions(rules);
      return command;
    }

    module.exports = { createCommand };
  };

  sources['shared/callbacks'] = function (module) {
    /**
     * Both platforms let a program choose between a promise and `success`/`fail`/`complete` callbacks. With callbacks
     * the promise is answered too, and its failure counts as handled.
     */
    function settle(promise, options) {
      const callbacks = options || {};
      const success = asFunction(callbacks.success);
      const fail = asFunction(callbacks.fail);
      const complete = asFunction(callbacks.complete);
      if (success === null && fail === null && complete === null) return promise;
      promise.then(
        (result) => callAll(success, complete, result),
        (error) => callAll(fail, complete, error),
      );
      return promise;
    }

    function asFunction(value) {
      return typeof value === 'function' ? value : null;
    }

    function callAll(first, complete, value) {
      try {
        if (first !== null) first(value);
      } finally {
        if (complete !== null) complete(value);
      }
    }

    module.exports = { settle };
  };

  sources['shared/engine'] = function (module) {
    /** Runs operations for one database: executes, decodes, shapes. */

    const { decodeAnswer, revive } = load('shared/typed-values');
    const { settle } = load('shared/callbacks');
    const { invalidParameter, notAvailable } = load('shared/problems');

    class Engine {
      /** The settings are those of `createDatabase`. */
      constructor(execute, settings) {
        this.execute = execute;
        this.flavour = settings.flavour;
        this.defaultLimit = settings.defaultLimit;
        this.maximumLimit = settings.maximumLimit;
        this.requestId = settings.requestId || (() => '');
        this.startWatch = settings.watch;
        this.failsOnMissingDocument = this.flavour.failsOnMissingDocument && settings.throwOnNotFound !== false;
      }

      /** `build()` makes the operation, `shape(answer, api, requestId)` the result; all failures get the platform's shape. */
      run(api, build, shape, options) {
        return settle(this.perform(api, build, shape), options);
      }

      async perform(api, build, shape) {
        try {
          const text = await this.execute(build());
          return shape(decodeAnswer(text, this.flavour.geoObjects), api, this.requestId());
        } catch (error) {
          throw this.flavour.error(error, api);
        }
      }

      /** For mistakes in a chain, which throw where they are made. */
      check(api, make) {
        try {
          return make();
        } catch (error) {
          throw this.flavour.error(error, api);
        }
      }

      /**
       * Watches what `build()` says: `{collection, where?, orderBy?, limit?}`. Answers `{close()}`; what goes wrong is told
       * to `listener.onError`, or thrown where nobody listens.
       */
      watch(api, build, listener) {
        try {
          const request = this.check(api, () => {
            if (this.startWatch === undefined) {
              throw notAvailable(
                'A cloud function cannot watch: it ends with its invocation. Watch in the page, or ask again with get().', 'WATCH_NOT_AVAILABLE');
            }
            if (!listener || typeof listener.onChange !== 'function') throw invalidParameter('watch needs {onChange, onError}.');
            return build();
          });
          const decode = (value) => revive(value, this.flavour.geoObjects);
          return this.startWatch(request, decode, {
            change: (snapshot) => listener.onChange(snapshot),
            fail: (problem) => {
              const error = this.flavour.error(problem, api);
              if (typeof listener.onError === 'function') listener.onError(error);
              else console.error(`A watch has ended, and it has no onError: ${error.message}`);
            },
          });
        } catch (error) {
          if (!listener || typeof listener.onError !== 'function') throw error;
          Promise.resolve().then(() => listener.onError(error));
          return { close: () => Promise.resolve() };
        }
      }
    }

    module.exports = { Engine };
  };

  sources['shared/updates'] = function (module) {
    /**
     * Encodes the data of `update` as MongoDB's update operators. `rules.flattenUpdate`: WeChat changes only the
     * named members of a nested object, Alipay replaces the object unless there is a command inside of it.
     */

    const { encodeValue, isPlainObject, define, Command, DATA } = load('shared/values');
    const { invalidParameter } = load('shared/problems');
    const { UpdateCommand } = load('shared/command-classes');
    const { elementCondition } = load('shared/conditions');
    const { Pipeline, encodeStages } = load('shared/pipeline');

    /**
     * `data`: fields with values and commands, MongoDB's own operators (`{$set: {…}}`), or a pipeline of stages, which
     * works out the new values from the document.
     */
    function encodeUpdate(data, rules) {
      if (Array.isArray(data) || data instanceof Pipeline) return encodePipelineUpdate(data);
      if (!isPlainObject(data)) throw invalidParameter('update needs an object with the fields to change.');
      if (Object.keys(data).some((key) => key.charAt(0) === '$')) return encodeOperators(data, rules);
      if ('_id' in data) throw invalidParameter('The _id of a document cannot be changed; leave it out of the data.');
      const update = {};
      for (const key of Object.keys(data)) addChange(update, key, data[key], rules);
      if (Object.keys(update).length === 0) throw invalidParameter('update needs at least one field to change.');
      return update;
    }

    function encodePipelineUpdate(data) {
      const stages = encodeStages(data);
      if (stages.length === 0) throw invalidParameter('An update by a pipeline needs at least one stage.');
      return stages;
    }

    /** MongoDB's operators as somebody wrote them; only conditions in them need a closer look. */
    function encodeOperators(data, rules) {
      const update = {};
      for (const operator of Object.keys(data)) {
        if (operator.charAt(0) !== '$') throw invalidParameter(`The update mixes operators and the field ${operator}; put it into $set.`);
        const fields = data[operator];
        if (fields === undefined) continue;
        if (!isPlainObject(fields)) throw invalidParameter(`${operator} needs an object with the fields to change.`);
        if (operator === '$pull') update[operator] = pullsOf(fields, rules);
        else update[operator] = encodeValue(fields, DATA);
      }
      if (Object.keys(update).every((operator) => Object.keys(update[operator]).length === 0)) throw invalidParameter('update needs at least one field to change.');
      return update;
    }

    function pullsOf(fields, rules) {
      const pulls = {};
      for (const path of Object.keys(fields)) {
        if (fields[path] !== undefined) define(pulls, path, elementCondition(fields[path], rules));
      }
      return pulls;
    }

    function addChange(update, path, value, rules) {
      if (value === undefined) return;
      if (value instanceof UpdateCommand) {
        addCommand(update, path, value, rules);
      } else if (value instanceof Command) {
        throw invalidParameter(`The field ${path} of update has a command that is not an update.`);
      } else if (isPlainObject(value) && Object.keys(value).length > 0 && (rules.flattenUpdate || holdsUpdate(value)) && !isTyped(value)) {
        for (const key of Object.keys(value)) addChange(update, `${path}.${key}`, value[key], rules);
      } else {
        put(update, '$set', path, encodeValue(value, DATA));
      }
    }

    /** `{$date: …}` and the like, written by hand, are values; `$`, `$[]` and `$[name]` are positions in an array. */
    function isTyped(value) {
      return Object.keys(value).some((key) => /^\$[A-Za-z]/.test(key));
    }

    function holdsUpdate(value) {
      if (value instanceof UpdateCommand) return true;
      return isPlainObject(value) && Object.keys(value).some((key) => holdsUpdate(value[key]));
    }

    function addCommand(update, path, command, rules) {
      const operand = command.operands[0];
      switch (command.operator) {
        case 'set': return put(update, '$set', path, encodeValue(operand, DATA));
        case 'setOnInsert': return put(update, '$setOnInsert', path, encodeValue(operand, DATA));
        case 'remove': return put(update, '$unset', path, '');
        case 'inc': case 'mul': return put(update, `$${command.operator}`, path, number(command.operator, operand));
        case 'min': case 'max': return put(update, `$${command.operator}`, path, encodeValue(operand, DATA));
        case 'bit': return put(update, '$bit', path, bits(operand));
        case 'rename': return put(update, '$rename', path, newName(operand));
        case 'push': return put(update, '$push', path, pushed(command.operands));
        case 'unshift': return put(update, '$push', path, { $each: encodeValue(listOf(command.operands), DATA), $position: 0 });
        case 'pop': return put(update, '$pop', path, 1);
        case 'shift': return put(update, '$pop', path, -1);
        case 'addToSet': return put(update, '$addToSet', path, addedToSet(operand));
        case 'pull': return put(update, '$pull', path, elementCondition(operand, rules));
        case 'pullAll': return put(update, '$pullAll', path, pulledValues(operand));
        default: throw invalidParameter(`_.${command.operator} is not an update.`);
      }
    }

    function put(update, operator, path, value) {
      if (value === undefined) return;
      if (update[operator] === undefined) update[operator] = {};
      define(update[operator], path, value);
    }

    function number(operator, operand) {
      const value = typeof operand === 'bigint' ? Number(operand) : operand;
      if (typeof value !== 'number' || Number.isNaN(value)) throw invalidParameter(`_.${operator} needs a number.`);
      return value;
    }

    function bits(operand) {
      if (!isPlainObject(operand)) throw invalidParameter('_.bit needs {and: number}, {or: number} or {xor: number}.');
      return encodeValue(operand, DATA);
    }

    function newName(operand) {
      if (typeof operand !== 'string' || operand === '') throw invalidParameter('_.rename needs the new name of the field.');
      return operand;
    }

    function pulledValues(operand) {
      if (!Array.isArray(operand)) throw invalidParameter('_.pullAll needs an array of values.');
      return encodeValue(operand, DATA);
    }

    function listOf(operands) {
      return operands.length === 1 && Array.isArray(operands[0]) ? operands[0] : operands;
    }

    /** `_.push(value)`, `_.push([a, b])`, `_.push({each, position, sort, slice})`, also with MongoDB's `$` before the names. */
    function pushed(operands) {
      const first = operands[0];
      const each = operands.length === 1 ? eachOf(first) : undefined;
      if (each === undefined) return { $each: encodeValue(listOf(operands), DATA) };
      const encoded = { $each: encodeValue(each, DATA) };
      for (const modifier of ['position', 'sort', 'slice']) {
        const value = first[modifier] === undefined ? first[`$${modifier}`] : first[modifier];
        if (value !== undefined) encoded[`$${modifier}`] = encodeValue(value, DATA);
      }
      return encoded;
    }

    function addedToSet(operand) {
      const each = eachOf(operand);
      if (each !== undefined && Object.keys(operand).length === 1) return { $each: encodeValue(each, DATA) };
      return encodeValue(operand, DATA);
    }

    function eachOf(operand) {
      if (!isPlainObject(operand)) return undefined;
      if (Array.isArray(operand.each)) return operand.each;
      return Array.isArray(operand.$each) ? operand.$each : undefined;
    }

    module.exports = { encodeUpdate };
  };

  sources['shared/write-options'] = function (module) {
    /** What writes carry beside their data: `upsert`, `multi`, `arrayFilters`, which document to answer. */

    const { encodeWhere } = load('shared/conditions');
    const { invalidParameter } = load('shared/problems');

    /** Puts those of `names` that are given into the operation. */
    function addWriteOptions(operation, given, names, rules) {
      const options = given || {};
      for (const name of names) {
        if (options[name] === undefined) continue;
        operation[name] = name === 'arrayFilters' ? encodeArrayFilters(options[name], rules) : requireFlag(name, options[name]);
      }
      return operation;
    }

    function requireFlag(name, value) {
      if (typeof value !== 'boolean') throw invalidParameter(`${name} is true or false.`);
      return value;
    }

    /** `[{'x.price': _.gt(1)}]` for the path `items.$[x].price`. */
    function encodeArrayFilters(filters, rules) {
      if (!Array.isArray(filters)) throw invalidParameter('arrayFilters needs an array of conditions.');
      return filters.map((filter) => encodeWhere(filter, rules));
    }

    /** Which document findOneAndUpdate answers: `returnDocument: 'after'`, otherwise as it was before. */
    function addReturn(operation, given) {
      const wanted = given && given.returnDocument;
      if (wanted === undefined) return operation;
      if (wanted !== 'before' && wanted !== 'after') throw invalidParameter('returnDocument is \'before\' or \'after\'.');
      operation.return = wanted;
      return operation;
    }

    module.exports = { addWriteOptions, encodeArrayFilters, addReturn };
  };

  sources['shared/requirements'] = function (module) {
    /** What the calls of the database API insist on, and how new documents and projections are encoded. */

    const { ProjectionCommand } = load('shared/command-classes');
    const { elementCondition } = load('shared/conditions');
    const { Expression, isPlainObject, encodeValue, DATA, EXPRESSION } = load('shared/values');
    const { invalidParameter } = load('shared/problems');

    function requireName(what, name) {
      if (typeof name !== 'string' || name === '') throw invalidParameter(`${what} must be a string that is not empty.`);
      return name;
    }

    function requireId(id) {
      if (typeof id === 'number' && Number.isFinite(id)) return id;
      if (typeof id !== 'string' || id === '') throw invalidParameter('doc(id) needs the _id of a document, a string that is not empty.');
      return id;
    }

    function requireCount(what, count) {
      if (!Number.isInteger(count) || count < 0) throw invalidParameter(`${what} needs a whole number from 0.`);
      return count;
    }

    function orderEntry(field, direction) {
      requireName('The field of orderBy', field);
      const wanted = direction === undefined ? 'asc' : direction;
      // By how well documents fit a $text, the best first.
      if (isPlainObject(wanted) && wanted.$meta === 'textScore') return [field, { $meta: 'textScore' }];
      if (wanted !== 'asc' && wanted !== 'desc') throw invalidParameter(`orderBy needs 'asc' or 'desc', not ${String(wanted)}.`);
      return [field, wanted];
    }

    /** `{a: true, b: 0, tags: _.project.slice(3)}` → `{a: 1, b: 0, tags: {$slice: 3}}`; `-1` hides, as in Alipay. */
    function encodeProjection(projection, rules) {
      if (!isPlainObject(projection)) throw invalidParameter('field needs an object such as {name: true}.');
      const encoded = {};
      for (const key of Object.keys(projection)) {
        const value = projection[key];
        if (value instanceof ProjectionCommand) encoded[key] = projectionOperator(value.operator, value.operand, rules);
        else if (isComputed(value)) encoded[key] = encodeValue(value, EXPRESSION);
        else if (isPlainObject(value)) encoded[key] = rawProjection(value, rules);
        else encoded[key] = value === true || (typeof value === 'number' && value > 0) ? 1 : 0;
      }
      return encoded;
    }

    /** `$.sum('$prices')`, or `'$owner.name'`: the value of a field that is computed. */
    function isComputed(value) {
      return value instanceof Expression || (typeof value === 'string' && value.charAt(0) === '$');
    }

    /** `{$slice: 3}`, `{$elemMatch: {…}}`, `{$sum: '$prices'}`, written by hand. */
    function rawProjection(value, rules) {
      const encoded = {};
      for (const operator of Object.keys(value)) Object.assign(encoded, projectionOperator(operator, value[operator], rules));
      return encoded;
    }

    function projectionOperator(operator, operand, rules) {
      const encoded = {};
      encoded[operator] = operator === '$elemMatch' ? elementCondition(operand, rules) : encodeValue(operand, EXPRESSION);
      return encoded;
    }

    function encodeNew(data) {
      if (Array.isArray(data)) return data.map(encodeNewDocument);
      return encodeNewDocument(data);
    }

    function encodeNewDocument(data) {
      if (!isDocument(data)) throw invalidParameter('add needs the new document as an object.');
      return encodeValue(data, DATA);
    }

    /** `call`: what the caller knows the operation as. */
    function encodeReplacement(data, call) {
      if (!isDocument(data)) throw invalidParameter(`${call} needs the new document as an object.`);
      if (data._id !== undefined) throw invalidParameter(`${call} keeps the _id that the document has; leave it out of the data.`);
      return encodeValue(data, DATA);
    }

    function isDocument(data) {
      return typeof data === 'object' && data !== null && !Array.isArray(data);
    }

    module.exports = { requireName, requireId, requireCount, orderEntry, encodeProjection, encodeNew, encodeNewDocument, encodeReplacement };
  };

  sources['shared/find-one-and'] = function (module) {
    /** Changing one document and answering it, as one step: the same calls for queries and for documents by their id. */

    const { encodeUpdate } = load('shared/updates');
    const { addWriteOptions, addReturn } = load('shared/write-options');
    const { encodeReplacement } = load('shared/requirements');

    /**
     * Gives a class `findOneAndUpdate`, `findOneAndReplace`, `findOneAndDelete` (answer the document as it was or, with
     * `returnDocument: 'after'`, as it is then) and uniCloud's `updateAndReturn` (answers `{updated, doc}`).
     * `oneOf(op, method)` of the class makes the operation without what is to be done; `area` is the first word of names in errors.
     */
    function addFindOneAnd(Class, area) {
      function run(self, op, method, shape, options, complete) {
        return self.engine.run(`${area}.${method}`, () => complete(self.oneOf(op, method)), shape, options);
      }

      Class.prototype.findOneAndUpdate = function findOneAndUpdate(options, more) {
        const { flavour } = this.engine;
        return run(this, 'findOneAndUpdate', 'findOneAndUpdate', flavour.found, options, (operation) => {
          operation.update = encodeUpdate(flavour.dataOf(options), flavour);
          const settings = flavour.settingsOf(options, more);
          return addReturn(addWriteOptions(operation, settings, ['upsert', 'arrayFilters'], flavour), settings);
        });
      };

      Class.prototype.findOneAndReplace = function findOneAndReplace(options, more) {
        const { flavour } = this.engine;
        return run(this, 'findOneAndReplace', 'findOneAndReplace', flavour.found, options, (operation) => {
          operation.data = encodeReplacement(flavour.dataOf(options), 'findOneAndReplace');
          const settings = flavour.settingsOf(options, more);
          return addReturn(addWriteOptions(operation, settings, ['upsert'], flavour), settings);
        });
      };

      Class.prototype.findOneAndDelete = function findOneAndDelete(options) {
        return run(this, 'findOneAndDelete', 'findOneAndDelete', this.engine.flavour.found, options, (operation) => operation);
      };

      Class.prototype.updateAndReturn = function updateAndReturn(options) {
        const { flavour } = this.engine;
        return run(this, 'findOneAndUpdate', 'updateAndReturn', flavour.returned, options, (operation) => {
          operation.update = encodeUpdate(flavour.dataOf(options), flavour);
          operation.return = 'after';
          return operation;
        });
      };
    }

    module.exports = { addFindOneAnd };
  };

  sources['shared/document'] = function (module) {
    /** One document by its id. */

    const { encodeUpdate } = load('shared/updates');
    const { addFindOneAnd } = load('shared/find-one-and');
    const { addWriteOptions } = load('shared/write-options');
    const { encodeProjection, encodeNewDocument, encodeReplacement } = load('shared/requirements');
    const { settle } = load('shared/callbacks');
    const { invalidParameter } = load('shared/problems');

    /** `transaction` is set for documents reached through a transaction. */
    class Document {
      constructor(engine, collection, id, projection, transaction) {
        Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
        Object.defineProperty(this, 'transaction', { value: transaction, enumerable: false });
        this.collectionName = collection;
        this._id = id;
        this.projectionDocument = projection;
      }

      operation(op) {
        const operation = { op, collection: this.collectionName, id: this._id };
        if (this.transaction !== undefined) operation.transaction = this.transaction.requireOpen();
        return operation;
      }

      field(projection) {
        const encoded = this.engine.check('document.field', () => encodeProjection(projection, this.engine.flavour));
        return new Document(this.engine, this.collectionName, this._id, encoded, this.transaction);
      }

      projection(projection) {
        return this.field(projection);
      }

      get(options) {
        return settle(this.read(), options);
      }

      async read() {
        const { flavour } = this.engine;
        const inTransaction = this.transaction !== undefined;
        const shape = ({ data }, api, requestId) => flavour.document(data === undefined ? null : data, api, requestId, inTransaction);
        try {
          return await this.engine.perform('document.get', () => {
            const operation = this.operation('get');
            if (this.projectionDocument !== undefined) operation.projection = this.projectionDocument;
            return operation;
          }, shape);
        } catch (error) {
          const missing = error.problem && error.problem.code === 'DOCUMENT_NOT_FOUND';
          if (!missing || this.engine.failsOnMissingDocument) throw error;
          return shape({ data: null }, 'document.get', this.engine.requestId());
        }
      }

      /** Replaces the document, or creates it. */
      set(options) {
        return this.engine.run('document.set', () => {
          const operation = this.operation('set');
          operation.data = encodeReplacement(this.engine.flavour.dataOf(options), 'set');
          return operation;
        }, this.engine.flavour.replaced, options);
      }

      /** Tencent's, in transactions: adds the document, which must not exist. */
      create(options) {
        return this.engine.run('document.create', () => {
          const operation = this.operation('add');
          delete operation.id;
          operation.data = Object.assign(encodeNewDocument(this.engine.flavour.dataOf(options)), { _id: this._id });
          return operation;
        }, this.engine.flavour.added, options);
      }

      update(options, more) {
        const { flavour } = this.engine;
        return this.engine.run('document.update', () => {
          const operation = this.operation('update');
          operation.update = encodeUpdate(flavour.dataOf(options), flavour);
          return addWriteOptions(operation, flavour.settingsOf(options, more), ['upsert', 'arrayFilters'], flavour);
        }, flavour.updated, options);
      }

      remove(options) {
        return this.engine.run('document.remove', () => this.operation('remove'), this.engine.flavour.removed, options);
      }

      /** Tencent's name for it in transactions. */
      delete(options) {
        return this.remove(options);
      }

      oneOf(op) {
        if (this.transaction !== undefined) throw invalidParameter('A transaction reads the document with get and changes it with update.');
        const operation = this.operation(op);
        if (this.projectionDocument !== undefined) operation.projection = this.projectionDocument;
        return operation;
      }

      /** Tells `listener.onChange` the document now, and whenever it changes; answers `{close()}`. */
      watch(listener) {
        return this.engine.watch('document.watch', () => {
          if (this.transaction !== undefined) throw invalidParameter('A document is watched outside of transactions.');
          return { collection: this.collectionName, where: { _id: this._id } };
        }, listener);
      }
    }

    addFindOneAnd(Document, 'document');

    module.exports = { Document };
  };

  sources['shared/bulk'] = function (module) {
    /** `bulkWrite`: many writes of one collection in one call. */

    const { encodeWhere } = load('shared/conditions');
    const { encodeUpdate } = load('shared/updates');
    const { addWriteOptions } = load('shared/write-options');
    const { requireId, encodeNewDocument, encodeReplacement } = load('shared/requirements');
    const { isPlainObject } = load('shared/values');
    const { PlatformProblem, invalidParameter } = load('shared/problems');

    const MAXIMUM_OPERATIONS = 1000;

    const ENCODERS = {
      add: (document) => encodeNewDocument(document),
      set: ({ id, data }) => ({ id: requireId(id), data: encodeReplacement(data, 'set') }),
      update: (given, rules) => {
        const operation = target(given, rules, 'update');
        operation.update = encodeUpdate(given.data === undefined ? given.update : given.data, rules);
        return addWriteOptions(operation, given, ['multi', 'upsert', 'arrayFilters'], rules);
      },
      replace: (given, rules) => {
        const operation = target(given, rules, 'replace');
        operation.data = encodeReplacement(given.data, 'replace');
        return addWriteOptions(operation, given, ['upsert'], rules);
      },
      remove: (given, rules) => addWriteOptions(target(given, rules, 'remove'), given, ['multi'], rules),
    };

    /** Which documents a write of the list is about: `id` or `where`. */
    function target(given, rules, name) {
      if (given.id !== undefined) return { id: requireId(given.id) };
      if (given.where === undefined) throw invalidParameter(`${name} in bulkWrite needs an id or a where; where: {} means all documents.`);
      return { where: encodeWhere(given.where, rules) };
    }

    /** `[{add: {…}}, {update: {where, data}}, …]` as it travels. */
    function encodeBulk(operations, rules) {
      if (!Array.isArray(operations)) throw invalidParameter('bulkWrite needs an array of operations.');
      if (operations.length === 0 || operations.length > MAXIMUM_OPERATIONS) {
        throw invalidParameter(`bulkWrite takes 1 to ${MAXIMUM_OPERATIONS} operations, not ${operations.length}.`);
      }
      return operations.map((operation) => encodeOne(operation, rules));
    }

    function encodeOne(operation, rules) {
      const names = isPlainObject(operation) ? Object.keys(operation) : [];
      const name = names[0];
      if (names.length !== 1 || !Object.prototype.hasOwnProperty.call(ENCODERS, name) || typeof operation[name] !== 'object' || operation[name] === null) {
        throw invalidParameter(`An operation of bulkWrite is an object with one of ${Object.keys(ENCODERS).join(', ')}.`);
      }
      const encoded = {};
      encoded[name] = ENCODERS[name](operation[name], rules);
      return encoded;
    }

    /** The answer with the failures among its results in the platform's shape. */
    function bulkAnswer(answer, shapeError) {
      const results = answer.results.map((result) => (result.error === undefined ? result : { error: shapeError(new PlatformProblem(result.error)) }));
      return Object.assign({}, answer, { results });
    }

    module.exports = { encodeBulk, bulkAnswer };
  };

  sources['shared/query'] = function (module) {
    /** Collections and the queries on them. */

    const { encodeWhere } = load('shared/conditions');
    const { encodeUpdate } = load('shared/updates');
    const { Pipeline } = load('shared/pipeline');
    const { Document } = load('shared/document');
    const { encodeBulk, bulkAnswer } = load('shared/bulk');
    const { addFindOneAnd } = load('shared/find-one-and');
    const { addWriteOptions } = load('shared/write-options');
    const { requireName, requireId, requireCount, orderEntry, encodeProjection, encodeNew } = load('shared/requirements');
    const { invalidParameter } = load('shared/problems');

    /** `transaction` is set for collections reached through a transaction. */
    class Query {
      constructor(engine, name, state, transaction) {
        // Not enumerable: programs print and compare their queries.
        Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
        Object.defineProperty(this, 'state', { value: state || {}, enumerable: false });
        Object.defineProperty(this, 'transaction', { value: transaction, enumerable: false });
        this.collectionName = name;
      }

      with(change) {
        return new Query(this.engine, this.collectionName, Object.assign({}, this.state, change), this.transaction);
      }

      operation(op) {
        const operation = { op, collection: this.collectionName };
        if (this.transaction !== undefined) operation.transaction = this.transaction.requireOpen();
        return operation;
      }

      refuseInTransaction(what) {
        if (this.transaction !== undefined) throw invalidParameter(`${what} is not for transactions.`);
      }

      where(conditions) {
        const encoded = this.engine.check('collection.where', () => encodeWhere(conditions, this.engine.flavour));
        const earlier = this.state.where;
        return this.with({ where: earlier === undefined ? encoded : { $and: [earlier, encoded] } });
      }

      orderBy(field, direction) {
        const entry = this.engine.check('collection.orderBy', () => orderEntry(field, direction));
        return this.with({ orderBy: (this.state.orderBy || []).concat([entry]) });
      }

      skip(count) {
        return this.with({ skip: this.engine.check('collection.skip', () => requireCount('skip', count)) });
      }

      limit(count) {
        return this.with({ limit: this.engine.check('collection.limit', () => requireCount('limit', count)) });
      }

      field(projection) {
        return this.with({ projection: this.engine.check('collection.field', () => encodeProjection(projection, this.engine.flavour)) });
      }

      projection(projection) {
        return this.field(projection);
      }

      get(options) {
        return this.engine.run('collection.get', () => {
          const operation = Object.assign(this.operation('get'), this.state);
          operation.limit = operation.limit === undefined ? this.engine.defaultLimit : Math.min(operation.limit, this.engine.maximumLimit);
          return operation;
        }, this.engine.flavour.list, options);
      }

      count(options) {
        return this.engine.run('collection.count', () => this.reading('count'), this.engine.flavour.count, options);
      }

      /** The values that a field has in the documents, each once. */
      distinct(field, options) {
        return this.engine.run('collection.distinct', () => {
          const operation = this.reading('distinct');
          operation.field = requireName('The field of distinct', field);
          return operation;
        }, this.engine.flavour.values, options);
      }

      reading(op) {
        const operation = this.operation(op);
        if (this.state.where !== undefined) operation.where = this.state.where;
        return operation;
      }

      update(options, more) {
        const { flavour } = this.engine;
        return this.engine.run('collection.update', () => {
          const operation = this.writing('update', 'update');
          operation.update = encodeUpdate(flavour.dataOf(options), flavour);
          return addWriteOptions(operation, flavour.settingsOf(options, more), ['multi', 'upsert', 'arrayFilters'], flavour);
        }, flavour.updated, options);
      }

      remove(options) {
        return this.engine.run(
          'collection.remove',
          () => addWriteOptions(this.writing('remove', 'remove'), options, ['multi']),
          this.engine.flavour.removed,
          options,
        );
      }

      writing(op, method) {
        return Object.assign(this.operation(op), { where: this.requireWhere(method) });
      }

      requireWhere(method) {
        if (this.state.where !== undefined) return this.state.where;
        if (this.engine.flavour.writesWithoutWhere) return {};
        throw invalidParameter(`${method} needs a where(…) before it; where({}) means all documents.`);
      }

      oneOf(op, method) {
        this.refuseInTransaction(method);
        const operation = this.writing(op, method);
        for (const part of ['orderBy', 'projection']) {
          if (this.state[part] !== undefined) operation[part] = this.state[part];
        }
        return operation;
      }

      /** Tells `listener.onChange` the documents now, and whenever they change; answers `{close()}`. */
      watch(listener) {
        return this.engine.watch('collection.watch', () => {
          this.refuseInTransaction('watch');
          const { where, orderBy, limit, skip } = this.state;
          if (skip) throw invalidParameter('A watch begins with the first document; leave skip out.');
          const request = { collection: this.collectionName };
          if (where !== undefined) request.where = where;
          if (orderBy !== undefined) request.orderBy = orderBy;
          // As in MongoDB, 0 is no limit: pages watch as many documents as their list has, and it may be empty.
          if (limit) request.limit = limit;
          return request;
        }, listener);
      }
    }

    addFindOneAnd(Query, 'collection');

    class Collection extends Query {
      doc(id) {
        return new Document(
          this.engine, this.collectionName, this.engine.check('collection.doc', () => requireId(id)), this.state.projection, this.transaction);
      }

      add(options) {
        return this.engine.run(
          'collection.add',
          () => Object.assign(this.operation('add'), { data: encodeNew(this.engine.flavour.dataOf(options)) }),
          this.engine.flavour.added,
          options,
        );
      }

      aggregate() {
        return new Aggregation(this);
      }

      /** Many writes at once: `bulkWrite({operations: [{add: {…}}, …], ordered})`, or the list and then the options. */
      bulkWrite(options, more) {
        const { flavour } = this.engine;
        const isList = Array.isArray(options);
        const settings = (isList ? more : options) || {};
        return this.engine.run('collection.bulkWrite', () => {
          this.refuseInTransaction('bulkWrite');
          const operations = encodeBulk(isList ? options : settings.operations, flavour);
          return addWriteOptions({ op: 'bulkWrite', collection: this.collectionName, operations }, settings, ['ordered'], flavour);
        }, (answer, api, requestId) => (
          flavour.bulk(bulkAnswer(answer, (problem) => flavour.error(problem, api)), api, requestId)
        ), isList ? more : options);
      }
    }

    class Aggregation extends Pipeline {
      constructor(collection) {
        super(collection.engine.flavour);
        Object.defineProperty(this, 'collection', { value: collection, enumerable: false });
        this.collectionName = collection.collectionName;
      }

      end(options) {
        const { engine } = this.collection;
        const build = () => Object.assign(this.collection.operation('aggregate'), { pipeline: this.stages });
        return engine.run('collection.aggregate', build, engine.flavour.aggregated, options);
      }
    }

    module.exports = { Collection };
  };

  sources['shared/transaction'] = function (module) {
    /** Transactions: begun by hand, or carried out as a whole and again after a conflict. */

    const { Collection } = load('shared/query');
    const { requireName } = load('shared/requirements');
    const { PlatformProblem, invalidParameter } = load('shared/problems');

    const ATTEMPTS = 3;
    const RETRY_MILLISECONDS = 20;
    let transactions = 0;

    /** A transaction begins with its first operation, so naming it here saves a round trip. */
    function newTransaction(engine) {
      transactions += 1;
      return new Transaction(engine, `c-${transactions}`);
    }

    /** Runs `body(transaction)` and commits; runs it again when another transaction was in the way. */
    async function runTransaction(engine, body, attempts) {
      const maximum = engine.check('database.runTransaction', () => {
        if (typeof body !== 'function') throw invalidParameter('runTransaction needs a function that gets the transaction.');
        return requireAttempts(attempts);
      });
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await newTransaction(engine).carryOut(body);
        } catch (error) {
          if (attempt >= maximum || !isConflict(error)) throw error;
          await pause(Math.random() * RETRY_MILLISECONDS * 2 ** attempt);
        }
      }
    }

    function requireAttempts(attempts) {
      if (attempts === undefined || attempts === null) return ATTEMPTS;
      if (!Number.isInteger(attempts) || attempts < 1) throw invalidParameter('runTransaction is tried a whole number of times, at least once.');
      return attempts;
    }

    class Transaction {
      constructor(engine, id) {
        Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
        this.id = id;
        this.ended = false;
        this.rolledBack = false;
        this.rollbackReason = undefined;
      }

      requireOpen() {
        if (this.ended) throw invalidParameter('The transaction has ended already.', 'TRANSACTION_ENDED');
        return this.id;
      }

      collection(name) {
        this.engine.check('transaction.collection', () => requireName('The name of a collection', name));
        return new Collection(this.engine, name, undefined, this);
      }

      commit() {
        return this.end('commit');
      }

      async rollback(reason) {
        this.rolledBack = true;
        this.rollbackReason = reason;
        return this.end('rollback');
      }

      end(op) {
        return this.engine.perform(`transaction.${op}`, () => {
          const operation = { op, transaction: this.requireOpen() };
          this.ended = true;
          return operation;
        }, this.engine.flavour.finished);
      }

      /** The body of runTransaction: commits, or rolls back and throws what the body threw or gave as reason. */
      async carryOut(body) {
        let result;
        try {
          result = await body(this);
        } catch (error) {
          if (!this.ended) await this.giveUp(error);
          throw error;
        }
        if (this.rolledBack) throw this.rollbackReason;
        if (!this.ended) await this.commit();
        return result;
      }

      /** Rolls back after a failure. That a conflict has ended the transaction already is no further failure. */
      async giveUp(cause) {
        try {
          await this.end('rollback');
        } catch (error) {
          if (!isConflict(cause)) console.warn(`The transaction could not be rolled back: ${error.message}`);
        }
      }
    }

    function isConflict(error) {
      const problem = error && (error.problem || error);
      return problem instanceof PlatformProblem && problem.code === 'TRANSACTION_CONFLICT';
    }

    function pause(milliseconds) {
      return new Promise((resolve) => setTimeout(resolve, milliseconds));
    }

    module.exports = { newTransaction, runTransaction };
  };

  sources['shared/database'] = function (module) {
    /**
     * The database API of both platforms: collections, queries, documents, aggregation and transactions. It builds
     * operations (docs/api/wire.md), gives them to `execute` and shapes the answers as the flavour says.
     */

    const { createCommand } = load('shared/commands');
    const { Engine } = load('shared/engine');
    const { Collection } = load('shared/query');
    const { newTransaction, runTransaction } = load('shared/transaction');
    const { Geo } = load('shared/geo');
    const { ServerDate, RegExpValue } = load('shared/typed-values');
    const { requireName } = load('shared/requirements');
    const { PlatformProblem, notAvailable } = load('shared/problems');

    /**
     * `execute(operation)` → promise of the answer's text. `settings`: `flavour`, `defaultLimit`, `maximumLimit`,
     * `requestId()` (of the running call), `throwOnNotFound`, and where queries can be watched `watch(request, decode, observer)`.
     */
    function createDatabase(execute, settings) {
      return new Database(new Engine(execute, settings));
    }

    class Database {
      constructor(engine) {
        // Not enumerable: programs print and compare their database object.
        Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
        this.command = createCommand(engine.flavour);
        this.Geo = Geo;
        this.RegExp = function RegExp(options) {
          return engine.check('database.RegExp', () => new RegExpValue(options));
        };
        this.serverDate = function serverDate(options) {
          return engine.check('database.serverDate', () => new ServerDate(options));
        };
      }

      collection(name) {
        this.engine.check('database.collection', () => requireName('The name of a collection', name));
        return new Collection(this.engine, name);
      }

      createCollection(name, options) {
        return this.engine.run(
          'database.createCollection',
          () => ({ op: 'createCollection', collection: requireName('The name of a collection', name) }),
          (answer, api, requestId) => {
            // The platforms fail, and programs rely on it: WeChat's quickstart fills a collection that it could create.
            if (answer.created === false) throw collectionExists(name);
            return this.engine.flavour.collectionCreated(answer, api, requestId);
          },
          options,
        );
      }

      /** Alipay's. A collection has rules and indexes that a function must not take away. */
      async deleteCollection() {
        const refusal = notAvailable('A function cannot delete a collection; where({}).remove() removes its documents.');
        throw this.engine.flavour.error(refusal, 'database.deleteCollection');
      }

      /** A transaction that the program commits or rolls back itself. */
      async startTransaction() {
        return newTransaction(this.engine);
      }

      /** Runs `body(transaction)` and commits; at most `attempts` times (3) when another transaction was in the way. */
      async runTransaction(body, attempts) {
        return runTransaction(this.engine, body, attempts);
      }
    }

    function collectionExists(name) {
      return new PlatformProblem({ status: 409, code: 'COLLECTION_EXISTS', title: 'Collection exists', detail: `There is a collection "${name}" already.` });
    }

    module.exports = { createDatabase };
  };

  sources['client/src/retry'] = function (module) {
    /** When a call is made again, and after which pause. */

    const MAXIMUM_ATTEMPTS = 4;
    const FIRST_PAUSE_MILLISECONDS = 300;
    const LONGEST_PAUSE_MILLISECONDS = 8000;
    const LONGEST_RETRY_AFTER_SECONDS = 30;

    /**
     * `repeatable`: the call may be made again although the first one perhaps arrived (a read, or a write with an
     * idempotency key). A call that was refused (429, 503) did nothing and may always be made again.
     */
    function mayRetry(problem, attempt, repeatable) {
      // A failed login inside of a call has had its attempts; they do not multiply.
      // Whoever has to stand in line does not push.
      if (attempt >= MAXIMUM_ATTEMPTS || problem.givenUp || problem.code === 'WAITING_ROOM') return false;
      if (problem.status === 429 || problem.status === 503) return problem.retryAfterSeconds <= LONGEST_RETRY_AFTER_SECONDS;
      return repeatable && (problem.code === 'NETWORK' || problem.code === 'TIMEOUT');
    }

    /**
     * Full jitter, so that clients that failed together do not come back together; those that were told when to come back spread over as long again, and
     * longer each time.
     */
    function pauseBefore(problem, attempt, random) {
      const told = problem.retryAfterSeconds * 1000;
      const ceiling = Math.min(LONGEST_PAUSE_MILLISECONDS, Math.max(told, FIRST_PAUSE_MILLISECONDS) * 2 ** (attempt - 1));
      return told + random() * ceiling;
    }

    /**
     * What a client may spend on repeats: a few at once, then one for each ten calls that went well. Where everything fails, repeats only add to
     * what made it fail.
     */
    class RetryBudget {
      constructor(most = 6, callsForOne = 10) {
        this.price = callsForOne;
        this.most = most * callsForOne;
        this.left = this.most;
      }

      take() {
        if (this.left < this.price) return false;
        this.left -= this.price;
        return true;
      }

      earn() {
        this.left = Math.min(this.most, this.left + 1);
      }
    }

    async function withRetries(work, repeatable, clock, budget = new RetryBudget()) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const answer = await work(attempt);
          budget.earn();
          return answer;
        } catch (problem) {
          if (!mayRetry(problem, attempt, repeatable) || !budget.take()) {
            problem.givenUp = true;
            throw problem;
          }
          await clock.sleep(pauseBefore(problem, attempt, clock.random));
        }
      }
    }

    const systemClock = {
      now: () => Date.now(),
      random: () => Math.random(),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      /** Does `work` later; answers what takes that back. */
      after: (milliseconds, work) => {
        const timer = setTimeout(work, milliseconds);
        return () => clearTimeout(timer);
      },
    };

    module.exports = { RetryBudget, withRetries, systemClock };
  };

  sources['client/src/coupons'] = function (module) {
    /** Coupons over the client API (docs/api/wire.md). */

    const LIST = '/v1/coupons';

    /** Which request an operation of `cloud.coupons` is. */
    function couponRequest(op, members, newNumber) {
      const { batch, id } = members;
      switch (op) {
        case 'offers': return { method: 'GET', path: `${LIST}/batches` };
        case 'offer': return { method: 'GET', path: `${LIST}/batches/${encodeURIComponent(batch)}` };
        case 'get': return { method: 'GET', path: `${LIST}/${encodeURIComponent(id)}` };
        case 'mine': return { method: 'GET', path: LIST + query(members, ['status', 'limit']) };
        case 'invitation': return { method: 'POST', path: `${LIST}/batches/${encodeURIComponent(batch)}/invitation`, body: '{}' };
        case 'claim': return batch === undefined ? { method: 'POST', path: `${LIST}/claim`, body: numbered(members, newNumber, []) } : { method: 'POST', path: `${LIST}/batches/${encodeURIComponent(batch)}/claim`, body: numbered(members, newNumber, ['batch']) };
        case 'best':
        case 'price': return { method: 'POST', path: `${LIST}/${op}`, body: JSON.stringify(members) };
        default: return { method: 'POST', path: `${LIST}/${op}`, body: numbered(members, newNumber, []) };
      }
    }

    function query(members, names) {
      const parts = names.filter((name) => members[name] !== undefined).map((name) => `${name}=${encodeURIComponent(members[name])}`);
      return parts.length === 0 ? '' : `?${parts.join('&')}`;
    }

    /** Each step has a number, so that one whose answer was lost can be sent again and is taken once. */
    function numbered(members, newNumber, leftOut) {
      const body = Object.assign({ outBizNo: newNumber() }, members);
      for (const name of leftOut) delete body[name];
      return JSON.stringify(body);
    }

    module.exports = { couponRequest };
  };

  sources['client/src/session'] = function (module) {
    /**
     * The user's session: silent login before the first call, tokens kept in the platform's storage, renewed in
     * time, and never by two calls at once.
     */

    const RENEW_BEFORE_MILLISECONDS = 60 * 1000;

    class Session {
      /** `post(path, body)` → parsed answer, without authorization. `credentials()` → the body of a login. */
      constructor({ key, storage, credentials, post, clock }) {
        this.key = key;
        this.storage = storage;
        this.credentials = credentials;
        this.post = post;
        this.clock = clock;
        this.tokens = this.load();
        this.renewal = null;
      }

      /** A token that is valid for a while. */
      async accessToken() {
        if (this.tokens !== null && this.tokens.expiresAt - this.clock.now() > RENEW_BEFORE_MILLISECONDS) return this.tokens.accessToken;
        return (await this.renew()).accessToken;
      }

      /** The server refused `token`. Does nothing when another call has renewed it meanwhile. */
      async refused(token, code) {
        if (this.tokens === null || this.tokens.accessToken !== token) return;
        if (code === 'TOKEN_EXPIRED') this.tokens = Object.assign({}, this.tokens, { expiresAt: 0 });
        else this.forget();
        await this.renew();
      }

      renew() {
        if (this.renewal === null) {
          const done = () => {
            this.renewal = null;
          };
          this.renewal = this.obtain();
          this.renewal.then(done, done);
        }
        return this.renewal;
      }

      async obtain() {
        const refreshToken = this.tokens !== null && this.tokens.refreshToken;
        if (refreshToken) {
          try {
            return this.keep(await this.post('/v1/login/refresh', async () => ({ refreshToken })));
          } catch (problem) {
            // Used up or too old: the user logs in again, silently. Anything else is worth telling.
            if (problem.status !== 401 && problem.status !== 400 && problem.status !== 404) throw problem;
            this.forget();
          }
        }
        return this.keep(await this.post('/v1/login', this.credentials));
      }

      keep(answer) {
        this.tokens = {
          accessToken: answer.accessToken,
          refreshToken: answer.refreshToken,
          openid: answer.openid,
          anonymous: answer.anonymous === true,
          expiresAt: this.clock.now() + answer.expiresIn * 1000,
        };
        this.store(() => this.storage.set(this.key, JSON.stringify(this.tokens)));
        return this.tokens;
      }

      forget() {
        this.tokens = null;
        this.store(() => this.storage.remove(this.key));
      }

      load() {
        try {
          const stored = this.storage.get(this.key);
          return stored ? JSON.parse(stored) : null;
        } catch (error) {
          console.warn(`The stored session cannot be read; the user logs in anew: ${error.message}`);
          return null;
        }
      }

      /** A full storage must not keep the user from working. */
      store(change) {
        try {
          change();
        } catch (error) {
          console.warn(`The session cannot be stored and lasts until the page closes: ${error.message}`);
        }
      }
    }

    module.exports = { Session };
  };

  sources['client/src/waiting-room'] = function (module) {
    /**
     * Standing in line: takes a ticket, asks how far the line is as often as the server says and no more often, and comes in with a pass
     * (docs/rush.md). Calls that are made meanwhile wait, or fail, as the page wants.
     */

    const { PlatformProblem } = load('shared/problems');

    const LOTS = 0x100000000;
    /** A pass is made longer when so much of its time is over. */
    const RENEW_SHARE = 0.5;
    /** What a server that cannot be reached is asked again after. */
    const PAUSE_AFTER_FAILURE_MILLISECONDS = 5000;
    const TICKET_LOST = ['WAITING_TICKET_EXPIRED', 'WAITING_TICKET_INVALID'];

    /** Tells the page: `on('wait' | 'turn' | 'error', handler)`. One for all connections of an app, so that one component can listen. */
    class WaitingEvents {
      constructor() {
        this.handlers = { wait: [], turn: [], error: [] };
        this.last = null;
        this.leavers = new Set();
        this.membership = undefined;
      }

      /** Answers what ends the listening; whoever comes late is told how it stands. */
      on(name, handler) {
        if (this.handlers[name] === undefined) throw new TypeError(`waitingRoom knows the events wait, turn and error, not ${name}.`);
        this.handlers[name].push(handler);
        if (name === 'wait' && this.last !== null) handler(this.last);
        return () => this.off(name, handler);
      }

      off(name, handler) {
        this.handlers[name] = this.handlers[name].filter((other) => other !== handler);
      }

      /** Where the user stands: the last `wait`, or null when there is no line. */
      state() {
        return this.last;
      }

      /** Gives the place up: calls that wait fail with `WAITING_LEFT`. */
      leave() {
        for (const leave of [...this.leavers]) leave();
      }

      /** What the shop's own back end says of a member. */
      setMembership(membership) {
        this.membership = membership;
      }

      tell(name, value) {
        if (name === 'wait') this.last = value;
        if (name === 'turn') this.last = null;
        for (const handler of [...this.handlers[name]]) {
          try {
            handler(value);
          } catch (error) {
            console.error('A listener of the waiting room failed:', error);
          }
        }
      }
    }

    /** The place of one user of one environment. */
    class WaitingRoom {
      /** `request(method, path, body)` → `{status, headers, text, problem}`, with the user's token; `owner()` → their openid. */
      constructor({ key, storage, request, owner, clock, events, mode }) {
        Object.assign(this, { key, storage, request, owner, clock, events, mode });
        this.place = this.load();
        this.line = null;
        this.renewal = null;
        this.leaving = null;
      }

      /** The pass to send along, if there is one. */
      pass() {
        const { place } = this;
        if (place === null || !place.pass || place.owner !== this.owner() || place.passExpires <= this.clock.now()) return undefined;
        const whole = place.passExpires - place.passSince;
        if (place.passExpires - this.clock.now() < whole * RENEW_SHARE) this.renew();
        return place.pass;
      }

      /** A call was refused for the line: resolves when it may be made again. */
      async wait(problem) {
        if (this.mode === 'fail') {
          this.events.tell('error', problem);
          throw problem;
        }
        if (this.line === null) {
          const done = () => {
            this.line = null;
          };
          this.line = this.stand();
          this.line.then(done, done);
        }
        return this.line;
      }

      async stand() {
        const left = new Promise((resolve, reject) => {
          this.leaving = () => reject(new PlatformProblem({ status: 0, code: 'WAITING_LEFT', detail: 'The place in the line was given up.' }));
        });
        this.events.leavers.add(this.leaving);
        try {
          // A pass that was refused is of an earlier line.
          this.keep(Object.assign({}, this.place, { pass: undefined }));
          await Promise.race([this.untilTurn(left), left]);
          this.events.tell('turn', {});
        } catch (error) {
          this.events.last = null;
          this.events.tell('error', error);
          throw error;
        } finally {
          this.events.leavers.delete(this.leaving);
          this.leaving = null;
        }
      }

      async untilTurn(left) {
        let isLeft = false;
        left.catch(() => {
          isLeft = true;
        });
        let got = await this.takeTicket();
        // The ticket says how the line stands.
        let { status } = got;
        while (!isLeft && !this.comeIn(got)) {
          status = status || await this.look(got);
          if (status.phase === 'closed') return this.forget();
          if (got.pass || got.phase === 'closed') continue;
          const place = placeIn(status, got);
          this.events.tell('wait', place);
          if (status.phase === 'open' && place.ahead < 0) got = await this.takePass(got);
          else await this.clock.sleep(place.pauseMilliseconds);
          status = null;
        }
        return undefined;
      }

      /** Takes what the server gave; whether the user is in. */
      comeIn(got) {
        if (got.phase === 'closed') return this.forget() === undefined;
        if (!got.pass) return false;
        this.keep({ owner: this.owner(), pass: got.pass, passExpires: got.passExpires, passSince: this.clock.now() });
        return true;
      }

      async takeTicket() {
        const known = this.place !== null && this.place.owner === this.owner() ? this.place.ticket : undefined;
        const body = { ticket: known, membership: this.events.membership };
        const got = await this.persistently('POST', '/v1/waiting-room/tickets', body);
        if (got.ticket) this.keep({ owner: this.owner(), ticket: got.ticket });
        return got;
      }

      async takePass(ticket) {
        try {
          return await this.persistently('POST', '/v1/waiting-room/passes', { ticket: ticket.ticket });
        } catch (problem) {
          if (TICKET_LOST.indexOf(problem.code) !== -1) {
            this.forget();
            return this.takeTicket();
          }
          if (problem.code !== 'WAITING_TURN_NOT_COME') throw problem;
          await this.clock.sleep(problem.retryAfterSeconds * 1000);
          return ticket;
        }
      }

      /** How the line stands, asked until there is an answer; a ticket of an earlier line is exchanged by the server. */
      async look(ticket) {
        const status = await this.persistently('GET', '/v1/waiting-room');
        if (status.phase !== 'closed' && ticket.status && status.room !== ticket.status.room) Object.assign(ticket, await this.takeTicket());
        return status;
      }

      /** Makes a request until it is answered; what is refused for good fails. */
      async persistently(method, path, body) {
        for (;;) {
          const problem = await this.once(method, path, body);
          if (problem.answer !== undefined) return problem.answer;
          const isPassing = problem.code === 'NETWORK' || problem.code === 'TIMEOUT' || problem.status === 429 || problem.status >= 500;
          if (!isPassing) throw problem;
          this.events.tell('error', problem);
          const told = problem.retryAfterSeconds * 1000;
          await this.clock.sleep(Math.max(told, PAUSE_AFTER_FAILURE_MILLISECONDS) * (1 + this.clock.random() * 0.5));
        }
      }

      async once(method, path, body) {
        try {
          return { answer: await this.request(method, path, body) };
        } catch (problem) {
          return problem;
        }
      }

      /** Makes the pass last longer, beside the calls. */
      renew() {
        if (this.renewal !== null) return;
        const { pass } = this.place;
        const done = () => {
          this.renewal = null;
        };
        this.renewal = this.request('POST', '/v1/waiting-room/passes', { pass }).then((got) => this.comeIn(got));
        this.renewal.then(done, (problem) => {
          console.info(`The pass of the waiting room was not made longer: ${problem.message}`);
          // Not with every call: the one that there is lasts a while.
          this.place.passSince = this.clock.now();
          done();
        });
      }

      keep(place) {
        this.place = place;
        this.store(() => this.storage.set(this.key, JSON.stringify(place)));
      }

      forget() {
        this.place = null;
        this.store(() => this.storage.remove(this.key));
      }

      load() {
        try {
          const stored = this.storage.get(this.key);
          return stored ? JSON.parse(stored) : null;
        } catch (error) {
          console.warn(`The place in the waiting room cannot be read: ${error.message}`);
          return null;
        }
      }

      store(change) {
        try {
          change();
        } catch (error) {
          console.warn(`The place in the waiting room cannot be stored and lasts until the page closes: ${error.message}`);
        }
      }
    }

    /** What a status means for a ticket: how many are in front, how long it takes with its error, and when to ask again. */
    function placeIn(status, ticket) {
      const line = status.lines[ticket.lane];
      const number = ticket.lot === undefined ? ticket.number : Math.floor((ticket.lot * line.drawn) / LOTS);
      const ahead = number - line.called;
      const seconds = (Math.max(0, ahead) + 1) / Math.max(0.01, line.perSecond);
      const error = Math.min(0.9, Math.max(line.error, 1 / Math.sqrt(Math.max(0, ahead) + 1)));
      const opening = status.phase === 'lobby' && status.opensAt ? Math.max(0, status.opensAt - status.now) / 1000 : 0;
      const leastSeconds = Math.floor(opening + seconds * (1 - error));
      const mostSeconds = Math.ceil(opening + seconds * (1 + error));
      const pause = Math.min(status.poll.mostMilliseconds, Math.max(status.poll.leastMilliseconds, (mostSeconds * 1000) / 3));
      return {
        phase: status.phase, ahead, leastSeconds, mostSeconds, opensInSeconds: Math.round(opening), message: status.message || null,
        // Those who came together do not ask together; and nobody asks earlier than they were told.
        pauseMilliseconds: Math.round(pause * (1 + Math.random() * 0.5)),
      };
    }

    module.exports = { WaitingEvents, WaitingRoom, placeIn };
  };

  sources['client/src/transport'] = function (module) {
    /** What the three transports share. */

    const { PlatformProblem } = load('shared/problems');

    function networkProblem(message, timedOut) {
      return new PlatformProblem({
        status: 0, code: timedOut ? 'TIMEOUT' : 'NETWORK', title: timedOut ? 'Timeout' : 'Network error', detail: message,
      });
    }

    function headersInLowerCase(headers) {
      const lower = {};
      for (const name of Object.keys(headers || {})) {
        const value = headers[name];
        lower[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
      }
      return lower;
    }

    /** Some containers parse JSON although they were asked for text. */
    function asText(data) {
      if (typeof data === 'string') return data;
      return data === undefined || data === null ? '' : JSON.stringify(data);
    }

    module.exports = { networkProblem, headersInLowerCase, asText };
  };

  sources['client/src/watched-result'] = function (module) {
    /**
     * The documents of one watched query, kept up to date from the server's messages (docs/api/wire.md, Watch): what a page's
     * `onChange` is told, in WeChat's shape. Knows nothing of connections.
     */

    const { define } = load('shared/typed-values');

    class WatchedResult {
      /** `ordered`: the query has an order; without one, documents stay in the order in which they came. `decode` revives values. */
      constructor(ordered, decode) {
        this.ordered = ordered;
        this.decode = decode;
        // id → {doc, text}; the text is the document as it came, which pages cannot change.
        this.entries = null;
        this.snapshots = 0;
        this.changes = 0;
      }

      /** Everything, at the beginning or because the server no longer knows what was told. Answers a snapshot, or null when nothing is new. */
      begin(docs) {
        const found = new Map();
        for (const doc of docs) found.set(keyOf(doc._id), this.entryOf(doc));
        if (this.entries !== null) return this.catchUp(found);
        this.entries = found;
        const changes = Array.from(found.values(), ({ doc }) => this.change('init', 'init', doc._id, doc));
        return this.snapshot(changes, 'init');
      }

      /** What differs from what the page was told, as if it had been told at the time. */
      catchUp(found) {
        const changes = [];
        for (const [key, { doc }] of this.entries) {
          if (!found.has(key)) changes.push(this.change('dequeue', 'remove', doc._id, doc));
        }
        for (const [key, entry] of found) {
          const had = this.entries.get(key);
          if (had === undefined) changes.push(this.change('enqueue', 'add', entry.doc._id, entry.doc));
          else if (had.text !== entry.text) changes.push(this.updated(had, entry));
          else found.set(key, had);
        }
        this.entries = this.ordered ? found : inEarlierOrder(this.entries, found);
        return changes.length === 0 ? null : this.snapshot(changes);
      }

      updated(had, entry) {
        return Object.assign(this.change('update', 'update', entry.doc._id, entry.doc), difference(had, entry));
      }

      /** What has changed; `order` has all ids as they are now. Answers a snapshot, or null when the page knows it all. */
      next(events, order) {
        const changes = [];
        for (const event of events) {
          const change = this.take(event);
          if (change !== null) changes.push(change);
        }
        if (this.ordered && order !== undefined) this.arrange(order);
        return changes.length === 0 ? null : this.snapshot(changes);
      }

      take(event) {
        const key = keyOf(event.docId);
        const entry = this.entryOf(event.doc);
        const had = this.entries.get(key);
        if (event.queueType === 'dequeue') {
          if (!this.entries.delete(key)) return null;
        } else {
          if (had !== undefined && had.text === entry.text) return null;
          this.entries.set(key, entry);
        }
        const change = this.change(event.queueType, event.dataType, event.docId, entry.doc);
        // The server names whole fields, and none of what changed while the connection was broken; pages want paths.
        if (event.queueType === 'update' && event.dataType === 'update' && had !== undefined) Object.assign(change, difference(had, entry));
        return change;
      }

      arrange(order) {
        const arranged = new Map();
        for (const id of order) {
          const key = keyOf(id);
          if (this.entries.has(key)) arranged.set(key, this.entries.get(key));
        }
        this.entries = arranged;
      }

      entryOf(doc) {
        const text = JSON.stringify(doc);
        return { text, doc: this.decode(doc) };
      }

      change(queueType, dataType, docId, doc) {
        const change = { id: this.changes, queueType, dataType, docId, doc };
        this.changes += 1;
        return change;
      }

      snapshot(docChanges, type) {
        const snapshot = { id: this.snapshots };
        if (type !== undefined) snapshot.type = type;
        snapshot.docs = Array.from(this.entries.values(), ({ doc }) => doc);
        snapshot.docChanges = docChanges;
        this.snapshots += 1;
        return snapshot;
      }
    }

    /**
     * The fields of a document that are others than before, and those that are gone, by their paths: `room.players`, as WeChat's watch
     * names them. A list is one value.
     */
    function difference(had, entry) {
      const found = { updatedFields: {}, removedFields: [] };
      compare(JSON.parse(had.text), JSON.parse(entry.text), entry.doc, '', found);
      return found;
    }

    function compare(before, after, decoded, prefix, found) {
      for (const key of Object.keys(after)) {
        const was = own(before, key) ? before[key] : undefined;
        if (JSON.stringify(was) === JSON.stringify(after[key])) continue;
        // What an update says of a field that was not there, it says of the fields in it.
        const opens = isFields(after[key]) && Object.keys(after[key]).length > 0 && (was === undefined || isFields(was));
        if (opens) compare(was || {}, after[key], decoded[key], `${prefix}${key}.`, found);
        else define(found.updatedFields, `${prefix}${key}`, decoded[key]);
      }
      for (const key of Object.keys(before)) if (!own(after, key)) found.removedFields.push(`${prefix}${key}`);
    }

    /** Whether a value, as it travels, is an object with fields: no list, no date or other typed value, no place. */
    function isFields(value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      if (own(value, 'type') && own(value, 'coordinates')) return false;
      return !Object.keys(value).some((key) => key.startsWith('$'));
    }

    function own(object, key) {
      return Object.prototype.hasOwnProperty.call(object, key);
    }

    /** A number and its decimal text name the same document. */
    function keyOf(id) {
      return String(id);
    }

    /** The documents that were there already keep their places; new ones come after them. */
    function inEarlierOrder(earlier, found) {
      const arranged = new Map();
      for (const key of earlier.keys()) {
        if (found.has(key)) arranged.set(key, found.get(key));
      }
      for (const [key, entry] of found) arranged.set(key, entry);
      return arranged;
    }

    module.exports = { WatchedResult };
  };

  sources['client/src/watch'] = function (module) {
    /** One watch: what it asks, what its page was told, and whether it goes on after an error. */

    const { WatchedResult } = load('client/src/watched-result');

    const CLOSE_MILLISECONDS = 5 * 1000;
    const FIRST_PAUSE_MILLISECONDS = 500;
    const MAXIMUM_FAILURES = 5;

    class Watch {
      constructor(channel, request, decode, observer) {
        this.channel = channel;
        this.request = request;
        this.observer = observer;
        this.result = new WatchedResult(request.orderBy !== undefined, decode);
        /** By what the server knows it on the present connection. */
        this.name = null;
        /** Where the server goes on after a new connection. */
        this.resume = undefined;
        this.hasEnded = false;
        this.wasBegunAgain = false;
        this.failures = 0;
        this.cancelPause = null;
        this.onReleased = null;
      }

      told(message) {
        if (this.hasEnded) return;
        this.wasBegunAgain = false;
        this.failures = 0;
        this.resume = message.resume;
        const snapshot = message.type === 'init' ? this.result.begin(message.docs) : this.result.next(message.changes, message.order);
        if (snapshot !== null) this.notify(() => this.observer.change(snapshot));
      }

      /** An error of this watch alone: it ends, unless asking again can help. */
      refused(problem) {
        this.name = null;
        if (this.hasEnded) {
          this.released();
        } else if (problem.code === 'WATCH_ENDED' && !this.wasBegunAgain) {
          // What the user may see has changed, so nothing of what was told holds; the rules say whether it begins again.
          this.wasBegunAgain = true;
          this.resume = undefined;
          this.channel.send(this);
        } else if (isTemporary(problem) && this.failures < MAXIMUM_FAILURES) {
          this.failures += 1;
          this.sendLater();
        } else {
          this.channel.remove(this);
          this.fail(problem);
        }
      }

      sendLater() {
        const { clock } = this.channel;
        this.cancelPause = clock.after(clock.random() * FIRST_PAUSE_MILLISECONDS * 2 ** this.failures, () => {
          this.cancelPause = null;
          // A connection that came meanwhile has begun the watch already.
          if (!this.hasEnded && this.name === null && this.channel.phase === 'ready') this.channel.send(this);
        });
      }

      disconnected() {
        this.name = null;
        this.released();
      }

      fail(problem) {
        this.end();
        this.notify(() => this.observer.fail(problem));
      }

      /** Answers when the server has let go of it, or cannot be asked; the page hears nothing any more from now on. */
      close() {
        if (this.hasEnded) return Promise.resolve();
        this.end();
        if (this.name === null || this.channel.watches.size === 1) {
          this.channel.remove(this);
          return Promise.resolve();
        }
        const released = new Promise((resolve) => {
          const cancel = this.channel.clock.after(CLOSE_MILLISECONDS, resolve);
          this.onReleased = () => {
            cancel();
            resolve();
          };
        });
        this.channel.transmit({ type: 'close', watch: this.name });
        this.channel.remove(this);
        return released;
      }

      end() {
        this.hasEnded = true;
        if (this.cancelPause !== null) this.cancelPause();
        this.cancelPause = null;
      }

      released() {
        if (this.onReleased !== null) this.onReleased();
        this.onReleased = null;
      }

      /** A page's mistake must not stop the other watches; it is thrown where the platform reports such things. */
      notify(call) {
        try {
          call();
        } catch (error) {
          setTimeout(() => {
            throw error;
          }, 0);
        }
      }
    }

    /** What may be different with the next attempt. */
    function isTemporary(problem) {
      if (problem.code === 'NETWORK' || problem.code === 'TIMEOUT' || problem.status === 429) return true;
      return problem.status >= 500 && problem.status !== 501;
    }

    module.exports = { Watch, isTemporary };
  };

  sources['client/src/watch-channel'] = function (module) {
    /**
     * The one WebSocket that all watches of a connection share (docs/api/wire.md, Watch): logs in, keeps the connection alive,
     * comes back when it breaks, and goes on where each watch was.
     */

    const { PlatformProblem } = load('shared/problems');
    const { networkProblem } = load('client/src/transport');
    const { Watch, isTemporary } = load('client/src/watch');

    const TICK_MILLISECONDS = 5 * 1000;
    const PING_MILLISECONDS = 20 * 1000;
    const SILENCE_MILLISECONDS = 45 * 1000;
    const LOGIN_MILLISECONDS = 15 * 1000;
    const FIRST_PAUSE_MILLISECONDS = 500;
    const LONGEST_PAUSE_MILLISECONDS = 30 * 1000;
    /** A server that has never answered is given up after so many attempts; one that has is waited for. */
    const FIRST_ATTEMPTS = 6;
    /** A fresh token that is refused again and again will not become better. */
    const TOKEN_ATTEMPTS = 3;

    class WatchChannel {
      /** `session` and `clock` as the connection has them; `openSocket(url, listener)` is the transport's. */
      constructor({ url, env, session, openSocket, clock }) {
        this.url = url;
        this.env = env;
        this.session = session;
        this.openSocket = openSocket;
        this.clock = clock;
        this.watches = new Set();
        /** Watches by their names on this socket; a name is never used twice. */
        this.named = new Map();
        this.names = 0;
        this.phase = 'idle';
        this.socket = null;
        /** Counts connections: what an earlier one still has to say is nobody's concern. */
        this.generation = 0;
        this.hasWorked = false;
        this.attempts = 0;
        this.refusals = 0;
        this.token = '';
        this.openid = undefined;
        this.cancelPause = null;
        this.cancelTick = null;
      }

      /** Begins a watch; `observer` has `change(snapshot)` and `fail(problem)`. */
      watch(request, decode, observer) {
        const watch = new Watch(this, request, decode, observer);
        this.watches.add(watch);
        if (this.phase === 'idle') this.connect();
        else if (this.phase === 'ready') this.send(watch);
        return { close: () => watch.close() };
      }

      // Connecting

      async connect() {
        this.generation += 1;
        const generation = this.generation;
        this.phase = 'connecting';
        try {
          const token = await this.session.accessToken();
          if (generation !== this.generation) return;
          this.use(token);
          this.open(generation);
        } catch (problem) {
          if (generation !== this.generation) return;
          if (isTemporary(problem)) this.lost(problem);
          else this.failAll(problem);
        }
      }

      /** Another user may see other documents: what the server knows of the one before does not help. */
      use(token) {
        const openid = this.currentOpenid();
        if (openid !== this.openid) for (const watch of this.watches) watch.resume = undefined;
        this.openid = openid;
        this.token = token;
      }

      /** Between two logins there is nobody. */
      currentOpenid() {
        return this.session.tokens === null ? undefined : this.session.tokens.openid;
      }

      open(generation) {
        const isCurrent = () => generation === this.generation;
        this.heardAt = this.clock.now();
        this.pingedAt = this.heardAt;
        this.beganAt = this.heardAt;
        this.tick(generation);
        this.socket = this.openSocket(this.url, {
          open: () => {
            if (isCurrent()) this.login();
          },
          message: (text) => {
            if (isCurrent()) this.receive(text);
          },
          close: (problem) => {
            if (isCurrent()) this.lost(problem);
          },
        });
        // A host may say at once that it cannot connect.
        if (!isCurrent()) this.closeSocket();
      }

      login() {
        this.transmit({ type: 'login', token: this.token, env: this.env });
      }

      /** Sends when the platform lets it; a socket that is closing says so by its own event. */
      transmit(message) {
        if (this.socket !== null) this.socket.send(JSON.stringify(message));
      }

      send(watch) {
        this.names += 1;
        const name = `w${this.names}`;
        watch.name = name;
        this.named.set(name, watch);
        this.transmit(Object.assign({ type: 'watch', watch: name }, watch.request, watch.resume === undefined ? {} : { resume: watch.resume }));
      }

      // Hearing

      receive(text) {
        this.heardAt = this.clock.now();
        const message = parsed(text);
        switch (message.type) {
          case 'ready': return this.ready();
          case 'init': case 'next': return this.told(message);
          case 'closed': return this.released(message.watch);
          case 'error': return this.refused(message);
          default: return undefined;
        }
      }

      ready() {
        this.refusals = 0;
        // A token that was renewed meanwhile is answered in the same way.
        if (this.phase === 'ready') return;
        this.phase = 'ready';
        for (const watch of this.watches) this.send(watch);
      }

      told(message) {
        this.hasWorked = true;
        this.attempts = 0;
        const watch = this.named.get(message.watch);
        if (watch !== undefined) watch.told(message);
      }

      released(name) {
        const watch = this.named.get(name);
        this.named.delete(name);
        if (watch !== undefined) watch.released();
      }

      refused(message) {
        const problem = new PlatformProblem({ status: message.status, code: message.code, detail: message.message, remedy: message.remedy });
        if (message.watch === undefined || problem.status === 401) {
          this.connectionRefused(problem);
          return;
        }
        const watch = this.named.get(message.watch);
        if (watch === undefined) return;
        this.named.delete(message.watch);
        watch.refused(problem);
      }

      async connectionRefused(problem) {
        if (problem.status !== 401) {
          // A renewed login that is another user's is refused with 400; a new connection has no such past.
          if (this.phase === 'ready' && problem.status === 400) this.reconnect();
          else if (isTemporary(problem)) this.lost(problem);
          else this.failAll(problem);
          return;
        }
        this.refusals += 1;
        if (this.refusals >= TOKEN_ATTEMPTS) {
          this.failAll(problem);
          return;
        }
        const { token } = this;
        this.drop();
        const generation = this.generation;
        try {
          await this.session.refused(token, problem.code);
        } catch (failure) {
          if (generation !== this.generation) return;
          if (isTemporary(failure)) this.lost(failure);
          else this.failAll(failure);
          return;
        }
        if (generation === this.generation) this.connect();
      }

      // Staying connected

      tick(generation) {
        this.cancelTick = this.clock.after(TICK_MILLISECONDS, () => {
          if (generation !== this.generation) return;
          const now = this.clock.now();
          if (this.phase !== 'ready' && now - this.beganAt >= LOGIN_MILLISECONDS) {
            this.lost(networkProblem(`The server did not take the connection within ${LOGIN_MILLISECONDS} ms.`, true));
            return;
          }
          // Timers stand still while an app is in the background, so this also finds what broke meanwhile.
          if (now - this.heardAt >= SILENCE_MILLISECONDS) {
            this.lost(networkProblem(`Nothing was heard of the server for ${SILENCE_MILLISECONDS} ms.`, true));
            return;
          }
          if (this.phase === 'ready' && now - this.pingedAt >= PING_MILLISECONDS) {
            this.pingedAt = now;
            this.transmit({ type: 'ping' });
            this.renewLogin(generation);
          }
          this.tick(generation);
        });
      }

      /** Before a token expires the session has another; the server is told of it, so that it does not hang up. */
      async renewLogin(generation) {
        let token;
        try {
          token = await this.session.accessToken();
        } catch (problem) {
          // The present token may still hold; if it does not, the server says so, and what is wrong is found out then.
          return;
        }
        if (generation !== this.generation || token === this.token) return;
        if (this.currentOpenid() !== this.openid) {
          this.reconnect();
        } else {
          this.token = token;
          this.login();
        }
      }

      reconnect() {
        this.drop();
        this.connect();
      }

      /** The connection is gone: after a random pause that grows, there is another. */
      lost(problem) {
        this.drop();
        if (this.watches.size === 0) return;
        this.attempts += 1;
        if (!this.hasWorked && this.attempts >= FIRST_ATTEMPTS) {
          this.failAll(problem);
          return;
        }
        const ceiling = Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** Math.min(this.attempts - 1, 10));
        this.phase = 'waiting';
        this.cancelPause = this.clock.after(this.clock.random() * ceiling, () => {
          this.cancelPause = null;
          this.connect();
        });
      }

      /** Forgets the present connection, and what still comes from it. */
      drop() {
        this.generation += 1;
        this.phase = 'idle';
        if (this.cancelPause !== null) this.cancelPause();
        this.cancelPause = null;
        if (this.cancelTick !== null) this.cancelTick();
        this.cancelTick = null;
        this.closeSocket();
        const named = Array.from(this.named.values());
        this.named.clear();
        for (const watch of named) watch.disconnected();
      }

      closeSocket() {
        const { socket } = this;
        this.socket = null;
        if (socket !== null) socket.close();
      }

      // Ending

      failAll(problem) {
        this.drop();
        this.attempts = 0;
        this.refusals = 0;
        const watches = Array.from(this.watches);
        this.watches.clear();
        for (const watch of watches) watch.fail(problem);
      }

      /** A watch has ended; without any, the connection is not needed. */
      remove(watch) {
        this.watches.delete(watch);
        if (this.watches.size === 0) this.drop();
      }
    }

    /** Something in between may send what is no message; it is left alone, as an unknown message is. */
    function parsed(text) {
      try {
        const message = JSON.parse(text);
        return typeof message === 'object' && message !== null ? message : {};
      } catch (error) {
        console.warn(`The watch got a message that is not JSON: ${error.message}`);
        return {};
      }
    }

    module.exports = { WatchChannel };
  };

  sources['client/src/connection'] = function (module) {
    /** One environment at one server: authorised calls of the client API (docs/api/wire.md), free of any platform's shapes. */

    const { PlatformProblem, invalidParameter } = load('shared/problems');
    const { createDatabase } = load('shared/database');
    const { RetryBudget, withRetries, systemClock } = load('client/src/retry');
    const { couponRequest } = load('client/src/coupons');
    const { Session } = load('client/src/session');
    const { WaitingEvents, WaitingRoom } = load('client/src/waiting-room');
    const { WatchChannel } = load('client/src/watch-channel');

    const REQUEST_TIMEOUT_MILLISECONDS = 15 * 1000;
    const FUNCTION_TIMEOUT_MILLISECONDS = 60 * 1000;
    const FILE_TIMEOUT_MILLISECONDS = 60 * 1000;
    const MAXIMUM_FILES = 50;
    const DATABASE_READS = ['get', 'count', 'distinct', 'aggregate'];

    class Connection {
      /** `settings`: `env`, `endpoint`, `user?` (development login), `language?`, `timeout?`, `waitingRoom?` ('wait' or 'fail'). */
      constructor(settings, transport, clock, events) {
        this.env = requireText('env', settings.env);
        this.endpoint = requireText('endpoint', settings.endpoint).replace(/\/+$/, '');
        this.settings = settings;
        this.transport = transport;
        this.clock = clock || systemClock;
        this.lastRequestId = '';
        this.channel = null;
        this.retryBudget = new RetryBudget();
        this.session = new Session({
          key: `sampan.session.${this.endpoint}.${this.env}.${settings.user || ''}`,
          storage: settings.storage || transport.storage,
          credentials: () => this.credentials(),
          post: (path, makeBody) => this.login(path, makeBody),
          clock: this.clock,
        });
        this.waitingRoom = new WaitingRoom({
          key: `sampan.waiting.${this.endpoint}.${this.env}.${settings.user || ''}`,
          storage: settings.storage || transport.storage,
          request: (method, path, body) => this.stand(method, path, body),
          owner: () => (this.session.tokens === null ? undefined : this.session.tokens.openid),
          clock: this.clock,
          events: events || new WaitingEvents(),
          mode: settings.waitingRoom,
        });
      }

      async credentials() {
        if (this.settings.user) return { platform: 'development', user: this.settings.user };
        return this.transport.credentials();
      }

      /** Logs in now instead of with the first call. */
      async start() {
        await this.session.accessToken();
      }

      async invoke(name, data, timeout) {
        if (typeof name !== 'string' || name === '') throw invalidParameter('callFunction needs {name: string}.');
        const body = JSON.stringify(data === undefined ? {} : data);
        const { text, requestId } = await this.call({
          path: `/v1/functions/${encodeURIComponent(name)}`, body, timeout: timeout || FUNCTION_TIMEOUT_MILLISECONDS, repeatable: false,
        });
        return { result: text === '' ? null : JSON.parse(text), requestId };
      }

      database(flavour, limits, options) {
        const execute = async (operation) => {
          const body = JSON.stringify(operation);
          const key = DATABASE_READS.indexOf(operation.op) === -1 ? this.newId('k') : undefined;
          return (await this.call({ path: '/v1/database', body, repeatable: true, idempotencyKey: key })).text;
        };
        return createDatabase(execute, {
          flavour, defaultLimit: limits.default, maximumLimit: limits.maximum, requestId: () => this.lastRequestId,
          throwOnNotFound: options && options.throwOnNotFound,
          watch: (request, decode, observer) => this.watches().watch(request, decode, observer),
        });
      }

      /** An operation of `cloud.coupons`; steps carry a number of their own and can be sent again. */
      async coupons(op, members, timeout) {
        const request = couponRequest(op, members, () => this.newId('n'));
        const { text, requestId } = await this.call(Object.assign(request, { timeout, repeatable: true }));
        return { answer: JSON.parse(text), requestId };
      }

      /** What is watched, over one WebSocket that is opened with the first watch. */
      watches() {
        if (this.channel === null) {
          this.channel = new WatchChannel({
            url: `${this.endpoint.replace(/^http/i, 'ws')}/v1/watch`, env: this.env, session: this.session, clock: this.clock,
            openSocket: (url, listener) => this.transport.openSocket(url, listener),
          });
        }
        return this.channel;
      }

      async upload({ cloudPath, file, fileType, timeout, onStart }) {
        checkCloudPath(cloudPath);
        if (file === undefined || file === null || file === '') throw invalidParameter('uploadFile needs {filePath}.');
        const { text, requestId, status } = await this.authorised((headers) => this.transport.upload({
          url: `${this.endpoint}/v1/files`, headers, cloudPath, file, fileType, timeout: timeout || FILE_TIMEOUT_MILLISECONDS, onStart,
        }), { repeatable: true, idempotencyKey: this.newId('k') });
        return { fileID: JSON.parse(text).fileID, statusCode: status, requestId };
      }

      async download({ fileID, filePath, timeout }) {
        if (typeof fileID !== 'string' || fileID === '') throw invalidParameter('downloadFile needs {fileID: string}.');
        const { fileList, requestId } = await this.temporaryURLs([fileID]);
        const [file] = fileList;
        if (file.status !== 0) {
          throw new PlatformProblem({ status: 404, code: 'FILE_NOT_FOUND', detail: file.errMsg || `${fileID} does not exist.` });
        }
        const saved = await withRetries(
          () => this.transport.download({ url: file.tempFileURL, filePath, timeout: timeout || FILE_TIMEOUT_MILLISECONDS }),
          true,
          this.clock,
          this.retryBudget,
        );
        if (saved.status >= 400) {
          const detail = `The file's address answered ${saved.status}.`;
          throw new PlatformProblem({ status: saved.status, code: 'DOWNLOAD_FAILED', detail });
        }
        return { tempFilePath: saved.tempFilePath, filePath: saved.filePath, statusCode: saved.status, requestId };
      }

      deleteFiles(fileList, timeout) {
        return this.listCall('/v1/files/delete', fileList, timeout, this.newId('k'));
      }

      temporaryURLs(fileList, timeout) {
        return this.listCall('/v1/files/urls', fileList, timeout, undefined);
      }

      async listCall(path, fileList, timeout, idempotencyKey) {
        if (!Array.isArray(fileList) || fileList.length === 0) throw invalidParameter('fileList must be an array with at least one fileID.');
        if (fileList.length > MAXIMUM_FILES) {
          throw invalidParameter(`fileList has ${fileList.length} files; at most ${MAXIMUM_FILES} go into one call.`, 'TOO_MANY_FILES');
        }
        const answer = await this.call({ path, body: JSON.stringify({ fileList }), timeout, repeatable: true, idempotencyKey });
        return { fileList: JSON.parse(answer.text).fileList, requestId: answer.requestId };
      }

      call({ method, path, body, timeout, repeatable, idempotencyKey }) {
        return this.authorised((headers) => {
          if (body !== undefined) headers['content-type'] = 'application/json';
          return this.send(path, headers, body, timeout, method);
        }, { repeatable, idempotencyKey });
      }

      send(path, headers, body, timeout, method) {
        const patience = timeout || this.settings.timeout || REQUEST_TIMEOUT_MILLISECONDS;
        // Nobody answers whoever has stopped waiting.
        headers['x-sampan-timeout'] = String(Math.round(patience));
        return this.transport.request({ url: this.endpoint + path, method: method || 'POST', headers, body, timeout: patience });
      }

      /** Sends with a token, retries what may be retried, stands in line where there is one, and once more after the server refused the token. */
      async authorised(send, { repeatable, idempotencyKey }) {
        const requestId = this.newId('c');
        for (;;) {
          try {
            return await withRetries(() => this.withToken(send, requestId, idempotencyKey), repeatable, this.clock, this.retryBudget);
          } catch (problem) {
            if (problem.code !== 'WAITING_ROOM') throw problem;
            await this.waitingRoom.wait(problem);
          }
        }
      }

      async withToken(send, requestId, idempotencyKey) {
        const first = await this.attempt(send, requestId, idempotencyKey);
        if (first.problem === null) return first.answer;
        if (first.problem.status !== 401) throw first.problem;
        await this.session.refused(first.token, first.problem.code);
        const second = await this.attempt(send, requestId, idempotencyKey);
        if (second.problem !== null) throw second.problem;
        return second.answer;
      }

      /** A request about the line itself: once, since whoever waits asks again later. */
      async stand(method, path, body) {
        if (method === 'GET') return this.lookFromOutside(path);
        const answer = await this.withToken((headers) => {
          headers['content-type'] = 'application/json';
          return this.send(path, headers, JSON.stringify(body));
        }, this.newId('c'));
        return JSON.parse(answer.text);
      }

      /** The same for everybody: without any header of its own it can come from a cache, and a browser need not ask whether it may. */
      async lookFromOutside(path) {
        const url = `${this.endpoint}${path}?env=${encodeURIComponent(this.env)}`;
        const response = await this.transport.request({ url, method: 'GET', headers: {}, timeout: REQUEST_TIMEOUT_MILLISECONDS });
        if (response.status >= 400) throw problemOf(response, '');
        return JSON.parse(response.text);
      }

      async attempt(send, requestId, idempotencyKey) {
        const token = await this.session.accessToken();
        const headers = this.headers(requestId);
        headers.authorization = `Bearer ${token}`;
        const pass = this.waitingRoom.pass();
        if (pass !== undefined) headers['x-sampan-pass'] = pass;
        if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
        const response = await send(headers);
        this.lastRequestId = response.headers['x-request-id'] || requestId;
        if (response.status >= 400) return { token, problem: problemOf(response, this.lastRequestId), answer: null };
        return { token, problem: null, answer: { text: response.text, status: response.status, requestId: this.lastRequestId } };
      }

      /** A login's code works once, hence each attempt asks for a new body. */
      login(path, makeBody) {
        return withRetries(async () => {
          const requestId = this.newId('c');
          const headers = this.headers(requestId);
          headers['content-type'] = 'application/json';
          const response = await this.send(path, headers, JSON.stringify(await makeBody()));
          if (response.status >= 400) throw problemOf(response, requestId);
          return JSON.parse(response.text);
        }, true, this.clock, this.retryBudget);
      }

      headers(requestId) {
        const headers = { 'x-sampan-env': this.env, 'x-request-id': requestId };
        if (this.settings.language) headers['accept-language'] = this.settings.language;
        return headers;
      }

      newId(prefix) {
        const part = () => Math.floor(this.clock.random() * 0x100000000).toString(16).padStart(8, '0');
        return `${prefix}-${part()}${part()}${part()}`;
      }
    }

    function requireText(name, value) {
      if (typeof value === 'string' && value !== '') return value;
      throw invalidParameter(`The cloud needs to know its ${name}: init({env: 'env-…', endpoint: 'https://…'}).`, 'NOT_INITIALISED');
    }

    function checkCloudPath(cloudPath) {
      const fine = typeof cloudPath === 'string' && cloudPath !== '' && cloudPath.length <= 1024 &&
        cloudPath.charAt(0) !== '/' && cloudPath.indexOf('//') === -1 && cloudPath.split('/').every((level) => level.length <= 255);
      if (!fine) throw invalidParameter('cloudPath must not be empty, start with / or have // in it; at most 1024 characters, 255 a level.');
    }

    function problemOf(response, requestId) {
      const members = parsedProblem(response);
      if (!members.requestId) members.requestId = requestId;
      const problem = new PlatformProblem(members);
      const seconds = Number(response.headers['retry-after']);
      if (seconds > 0) problem.retryAfterSeconds = seconds;
      return problem;
    }

    /** Proxies in between answer errors in HTML or nothing at all. */
    function parsedProblem(response) {
      const fallback = { status: response.status, code: `HTTP_${response.status}`, detail: `The server answered ${response.status}.` };
      if (response.text.charAt(0) !== '{') return fallback;
      try {
        return Object.assign(fallback, JSON.parse(response.text));
      } catch (error) {
        fallback.detail += ` Its body is not JSON: ${error.message}`;
        return fallback;
      }
    }

    module.exports = { Connection };
  };

  sources['shared/flavours'] = function (module) {
    /**
     * What differs between the platforms' database APIs: how nested objects are read, where a write's data stands,
     * the shape of results and of errors. Everything else is in database.js.
     */

    const { wechatError, alipayError, tencentError } = load('shared/problems');

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
  };

  sources['shared/coupons'] = function (module) {
    /** `cloud.coupons`: the same words in pages and in functions; who carries them out differs. */

    const { invalidParameter } = load('shared/problems');

    /** What pages may do; the rest is for functions, which know whether an order was paid. */
    const PAGE_STEPS = ['lock', 'release'];
    const FUNCTION_STEPS = ['lock', 'release', 'redeem', 'refund', 'void', 'freeze', 'unfreeze'];
    const NOT_SENT = ['success', 'fail', 'complete', 'timeout'];

    function membersOf(options) {
      const members = {};
      for (const name of Object.keys(options || {})) {
        if (NOT_SENT.indexOf(name) === -1 && options[name] !== undefined) members[name] = options[name];
      }
      return members;
    }

    function requireId(api, name, value) {
      if (typeof value !== 'string' || value === '') throw invalidParameter(`coupons.${api} needs {${name}: string}.`);
      return value;
    }

    /** What a platform's API takes; some code has it as JSON already. */
    function bodyOf(api, value) {
      const body = typeof value === 'string' ? parsed(api, value) : value === undefined ? {} : value;
      if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidParameter(`coupons.${api} needs an object.`);
      return body;
    }

    function parsed(api, text) {
      try {
        return JSON.parse(text);
      } catch (error) {
        throw invalidParameter(`coupons.${api} needs an object, or one as JSON: ${error.message}`);
      }
    }

    /** One coupon may be named without a list around it. */
    function stepMembers(api, options) {
      const members = membersOf(options);
      if (typeof members.coupons === 'string') members.coupons = [members.coupons];
      if (!Array.isArray(members.coupons) || members.coupons.length === 0) throw invalidParameter(`coupons.${api} needs {coupons: string[]}.`);
      return members;
    }

    function basketMembers(api, options) {
      const members = membersOf(options);
      if (typeof members.basket !== 'object' || members.basket === null) throw invalidParameter(`coupons.${api} needs {basket: {lines: […]}}.`);
      return api === 'price' ? Object.assign(members, stepMembers(api, options)) : members;
    }

    /**
     * `perform(op, options, members)`: `options` has the callbacks and the timeout, `members()` what is asked, or throws what is
     * wrong with it.
     */
    function createCoupons(steps, perform) {
      const coupons = {
        offers: (options) => perform('offers', options, () => membersOf(options)),
        offer: (batch, options) => perform('offer', options, () => Object.assign(membersOf(options), { batch: requireId('offer', 'batch', batch) })),
        claim: (batch, options) => perform('claim', options, () => Object.assign(membersOf(options), { batch: requireId('claim', 'batch', batch) })),
        /** What a code gives, of whichever batch it is. */
        claimByCode: (code, options) => perform('claim', options, () => Object.assign(membersOf(options), { code: requireId('claimByCode', 'code', code) })),
        /** The invitation that who has a coupon of the batch gives to others. */
        invitation: (batch, options) => perform('invitation', options, () => Object.assign(membersOf(options), { batch: requireId('invitation', 'batch', batch) })),
        mine: (options) => perform('mine', options, () => membersOf(options)),
        get: (id, options) => perform('get', options, () => Object.assign(membersOf(options), { id: requireId('get', 'id', id) })),
      };
      for (const question of ['best', 'price']) coupons[question] = (options) => perform(question, options, () => basketMembers(question, options));
      for (const step of steps) coupons[step] = (options) => perform(step, options, () => stepMembers(step, options));
      if (steps === FUNCTION_STEPS) {
        /** The coupon that goes by an uploaded code, or was claimed with a code. */
        coupons.getByCode = (code, options) => perform('get', options, () => Object.assign(membersOf(options), { code: requireId('getByCode', 'code', code) }));
        coupons.entries = (options) => perform('entries', options, () => membersOf(options));
        /** Alipay's own method and `biz_content`; answers what Alipay would, refusals too. */
        coupons.alipay = (method, bizContent) => perform('alipay', {}, () => ({ method: requireId('alipay', 'method', method), bizContent: bodyOf('alipay', bizContent) }));
        /** WeChat's own method, path and body. */
        coupons.wechat = (method, path, body) => perform('wechat', {}, () => ({
          method: requireId('wechat', 'method', method), path: requireId('wechat', 'path', path), body: bodyOf('wechat', body),
        }));
      }
      return coupons;
    }

    module.exports = { createCoupons, PAGE_STEPS, FUNCTION_STEPS };
  };

  sources['client/src/alipay-context'] = function (module) {
    /** `createCloudContext({env})`, the shapes of `my.cloud`. */

    const { alipay } = load('shared/flavours');
    const { createCoupons, PAGE_STEPS } = load('shared/coupons');
    const { alipayError, notAvailable } = load('shared/problems');
    const { settle } = load('shared/callbacks');

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
  };

  sources['client/src/upload-task'] = function (module) {
    /**
     * The task that `uploadFile` answers at once, although the platform's own task starts only after the silent login.
     * What is asked of it before is passed on when the upload starts.
     */
    const METHODS = ['onProgressUpdate', 'offProgressUpdate', 'onHeadersReceived', 'offHeadersReceived', 'abort'];

    class UploadTask {
      constructor() {
        this.started = null;
        this.waiting = [];
      }

      attach(task) {
        this.started = task;
        const waiting = this.waiting;
        this.waiting = [];
        for (const request of waiting) this.pass(request.method, request.argument);
      }

      pass(method, argument) {
        if (this.started === null) this.waiting.push({ method, argument });
        else if (typeof this.started[method] === 'function') this.started[method](argument);
      }
    }

    for (const method of METHODS) {
      UploadTask.prototype[method] = function forward(argument) {
        this.pass(method, argument);
      };
    }

    module.exports = { UploadTask };
  };

  sources['client/src/wechat-cloud'] = function (module) {
    /** The shapes of `wx.cloud`. */

    const { wechat } = load('shared/flavours');
    const { createCoupons, PAGE_STEPS } = load('shared/coupons');
    const { wechatError, notAvailable } = load('shared/problems');
    const { settle } = load('shared/callbacks');
    const { UploadTask } = load('client/src/upload-task');

    // A page that names no limit gets 20 documents, as in WeChat; it may ask for up to 100.
    const LIMITS = { default: 20, maximum: 100 };

    /** `connect()` → the Connection; throws when the settings are incomplete. */
    function createWechatCalls(connect) {
      function shaped(api, area, options, work) {
        const promise = Promise.resolve().then(() => work(connect(), options || {})).catch((error) => {
          throw wechatError(error, `cloud.${api}`, area);
        });
        return settle(promise, options);
      }

      return {
        callFunction: (options) => shaped('callFunction', 'function', options, async (connection, { name, data, timeout }) => {
          const { result, requestId } = await connection.invoke(name, data, timeout);
          return { result, errMsg: 'cloud.callFunction:ok', requestID: requestId };
        }),

        database(options) {
          try {
            return connect().database(wechat, LIMITS, options);
          } catch (error) {
            throw wechatError(error, 'cloud.database', 'database');
          }
        },

        /** With callbacks WeChat answers the task of the upload, without them a promise. */
        uploadFile(options) {
          const task = new UploadTask();
          const promise = shaped('uploadFile', 'storage', options, async (connection, { cloudPath, filePath, timeout }) => {
            const onStart = (started) => task.attach(started);
            const { fileID, statusCode } = await connection.upload({ cloudPath, file: filePath, timeout, onStart });
            return { fileID, statusCode, errMsg: 'cloud.uploadFile:ok' };
          });
          return hasCallback(options) ? task : promise;
        },

        downloadFile: (options) => shaped('downloadFile', 'storage', options, async (connection, { fileID, timeout }) => {
          const { tempFilePath, statusCode } = await connection.download({ fileID, timeout });
          return { tempFilePath, statusCode, errMsg: 'cloud.downloadFile:ok' };
        }),

        deleteFile: (options) => shaped('deleteFile', 'storage', options, async (connection, { fileList, timeout }) => {
          const answer = await connection.deleteFiles(fileList, timeout);
          return { fileList: answer.fileList, errMsg: 'cloud.deleteFile:ok', requestID: answer.requestId };
        }),

        getTempFileURL: (options) => shaped('getTempFileURL', 'storage', options, async (connection, { fileList, timeout }) => {
          const answer = await connection.temporaryURLs(fileList, timeout);
          return { fileList: answer.fileList, errMsg: 'cloud.getTempFileURL:ok', requestID: answer.requestId };
        }),

        /** Not WeChat's: coupons of Sampan, in WeChat's manner. */
        coupons: createCoupons(PAGE_STEPS, (op, options, members) => shaped(`coupons.${op}`, 'coupon', options, async (connection, { timeout }) => {
          const { answer, requestId } = await connection.coupons(op, members(), timeout);
          return Object.assign({}, answer, { errMsg: `cloud.coupons.${op}:ok`, requestID: requestId });
        })),

        callContainer: (options) => shaped('callContainer', 'function', options, async () => {
          throw notAvailable('callContainer is not available; call a function or the service\'s own address instead.');
        }),

        CloudID: (cloudID) => ({ cloudID }),

        CDN() {
          throw wechatError(notAvailable('cloud.CDN is not available; upload the file and use its fileID.'), 'cloud.CDN', 'storage');
        },
      };
    }

    function hasCallback(options) {
      return Boolean(options) && ['success', 'fail', 'complete'].some((name) => typeof options[name] === 'function');
    }

    module.exports = { createWechatCalls };
  };

  sources['client/src/sockets'] = function (module) {
    /** What the transports' WebSockets share. */

    const { networkProblem } = load('client/src/transport');

    /** A function that works the first time only: platforms tell the end of a connection in several ways. */
    function once(work) {
      let done = false;
      return (value) => {
        if (done) return;
        done = true;
        work(value);
      };
    }

    /** The text of a message; some containers wrap it once more. */
    function messageText(event) {
      const data = event && event.data;
      if (typeof data === 'object' && data !== null && typeof data.data === 'string') return data.data;
      return typeof data === 'string' ? data : '';
    }

    /** A socket over the `SocketTask` of WeChat and Alipay. */
    function taskSocket(task, listener, close, problemOf) {
      task.onOpen(() => listener.open());
      task.onMessage((event) => listener.message(messageText(event)));
      task.onClose((event) => close(networkProblem((event && event.reason) || 'The connection was closed.', false)));
      task.onError((failure) => close(problemOf(failure)));
      return {
        send: (text) => task.send({ data: text, fail: (failure) => close(problemOf(failure)) }),
        close: () => task.close({ code: 1000 }),
      };
    }

    module.exports = { once, messageText, taskSocket };
  };

  sources['client/src/transport-alipay'] = function (module) {
    /** Requests, files, login and storage through Alipay's global `my`. */

    const { networkProblem, headersInLowerCase, asText } = load('client/src/transport');
    const { taskSocket, messageText, once } = load('client/src/sockets');
    const { PlatformProblem } = load('shared/problems');

    const TIMED_OUT = 13;

    // Older versions of Alipay insist on knowing the kind of a file.
    const FILE_TYPES = { image: /\.(png|jpe?g|gif|webp|bmp)$/i, video: /\.(mp4|mov|m4v)$/i, audio: /\.(mp3|m4a|wav|aac)$/i };

    function createAlipayTransport(my) {
      return {
        name: 'alipay',

        request({ url, method, headers, body, timeout }) {
          return new Promise((resolve, reject) => {
            my.request({
              url, method, data: body, timeout, headers, dataType: 'text',
              success: (result) => resolve(responseOf(result)),
              fail: (failure) => answerOrProblem(failure, resolve, reject),
            });
          });
        },

        upload({ url, headers, cloudPath, file, fileType, timeout, onStart }) {
          return new Promise((resolve, reject) => {
            const options = {
              // `fileName` is the name of the form's field here.
              url, filePath: file, fileName: 'file', name: 'file', formData: { cloudPath }, header: headers, headers, timeout,
              success: (result) => resolve(responseOf(result)),
              fail: (failure) => answerOrProblem(failure, resolve, reject),
            };
            const kind = fileType || fileTypeOf(cloudPath);
            if (kind !== undefined) options.fileType = kind;
            const task = my.uploadFile(options);
            if (onStart && task) onStart(task);
          });
        },

        download({ url, filePath, timeout }) {
          return new Promise((resolve, reject) => {
            const options = {
              url, timeout,
              success: (result) => {
                const saved = result.tempFilePath || result.apFilePath || result.filePath;
                resolve({ status: result.statusCode || result.status || 200, tempFilePath: saved, filePath: result.filePath || saved });
              },
              fail: (failure) => reject(problemOf(failure)),
            };
            if (filePath !== undefined) options.filePath = filePath;
            my.downloadFile(options);
          });
        },

        credentials() {
          return new Promise((resolve, reject) => {
            my.getAuthCode({
              // Silent: asks the user for nothing.
              scopes: 'auth_base',
              success: (result) => resolve({ platform: 'alipay', code: result.authCode }),
              fail: (failure) => reject(problemOf(failure)),
            });
          });
        },

        /** `listener` has `open()`, `message(text)` and `close(problem)`; answers `{send(text), close()}`. */
        openSocket(url, listener) {
          const close = once(listener.close);
          // Versions that know `multiple` answer a task; in older ones an app has one socket, the platform's.
          const task = my.connectSocket({ url, multiple: true, success: () => {}, fail: (failure) => close(problemOf(failure)) });
          if (task && typeof task.onMessage === 'function') return taskSocket(task, listener, close, problemOf);
          return platformSocket(my, listener, close);
        },

        storage: {
          get: (key) => my.getStorageSync({ key }).data || null,
          set: (key, value) => my.setStorageSync({ key, data: value }),
          remove: (key) => my.removeStorageSync({ key }),
        },
      };
    }

    /** The one socket that an app has where there are no tasks. */
    function platformSocket(my, listener, close) {
      const handlers = {
        Open: () => listener.open(),
        Message: (event) => listener.message(messageText(event)),
        Close: (event) => ended(networkProblem((event && event.reason) || 'The connection was closed.', false)),
        Error: (failure) => ended(problemOf(failure)),
      };
      function ended(problem) {
        // The events are the app's, not the socket's: a later socket must not be heard twice.
        for (const name of Object.keys(handlers)) {
          if (typeof my[`offSocket${name}`] === 'function') my[`offSocket${name}`](handlers[name]);
        }
        close(problem);
      }
      for (const name of Object.keys(handlers)) my[`onSocket${name}`](handlers[name]);
      return {
        send: (text) => my.sendSocketMessage({ data: text, fail: (failure) => ended(problemOf(failure)) }),
        close: () => {
          ended(networkProblem('The connection was closed.', false));
          my.closeSocket({});
        },
      };
    }

    function fileTypeOf(cloudPath) {
      return Object.keys(FILE_TYPES).find((type) => FILE_TYPES[type].test(cloudPath));
    }

    function responseOf(result) {
      const headers = headersInLowerCase(result.headers || result.header);
      return { status: result.status || result.statusCode || 200, headers, text: asText(result.data) };
    }

    /** Alipay calls answers outside of 2xx failures; they carry the server's status and body all the same. */
    function answerOrProblem(failure, resolve, reject) {
      const status = failure && (failure.status || failure.statusCode);
      if (typeof status === 'number' && status >= 400) resolve(responseOf(failure));
      else reject(problemOf(failure));
    }

    function problemOf(failure) {
      const given = failure || {};
      const message = given.errorMessage || 'The request failed.';
      // Problems with local files have numbers of their own that pages rely on.
      if (/file.*(permission|denied)/i.test(message)) return new PlatformProblem({ code: 'LOCAL_FILE_DENIED', detail: message });
      if (/file.*(not exist|not found|missing)/i.test(message)) return new PlatformProblem({ code: 'LOCAL_FILE_FAILED', detail: message });
      return networkProblem(`${message} (${given.error === undefined ? 'no code' : given.error})`, given.error === TIMED_OUT);
    }

    module.exports = { createAlipayTransport };
  };

  sources['client/src/transport-wechat'] = function (module) {
    /** Requests, files, login and storage through WeChat's global `wx`. */

    const { networkProblem, headersInLowerCase, asText } = load('client/src/transport');
    const { taskSocket, once } = load('client/src/sockets');

    function createWechatTransport(wx) {
      return {
        name: 'wechat',

        request({ url, method, headers, body, timeout }) {
          return new Promise((resolve, reject) => {
            wx.request({
              url, method, data: body, timeout, header: headers,
              // Not `json`: answers are parsed in one place, with their typed values.
              dataType: 'text', responseType: 'text',
              success: (result) => resolve(responseOf(result)),
              fail: (failure) => reject(problemOf(failure)),
            });
          });
        },

        upload({ url, headers, cloudPath, file, timeout, onStart }) {
          return new Promise((resolve, reject) => {
            const task = wx.uploadFile({
              url, filePath: file, name: 'file', formData: { cloudPath }, header: headers, timeout,
              success: (result) => resolve(responseOf(result)),
              fail: (failure) => reject(problemOf(failure)),
            });
            if (onStart && task) onStart(task);
          });
        },

        download({ url, filePath, timeout }) {
          return new Promise((resolve, reject) => {
            const options = {
              url, timeout,
              success: (result) => resolve({
                status: result.statusCode, tempFilePath: result.tempFilePath || result.filePath, filePath: result.filePath || result.tempFilePath,
              }),
              fail: (failure) => reject(problemOf(failure)),
            };
            if (filePath !== undefined) options.filePath = filePath;
            wx.downloadFile(options);
          });
        },

        credentials() {
          return new Promise((resolve, reject) => {
            wx.login({
              success: (result) => resolve({ platform: 'wechat', code: result.code }),
              fail: (failure) => reject(problemOf(failure)),
            });
          });
        },

        /** `listener` has `open()`, `message(text)` and `close(problem)`; answers `{send(text), close()}`. */
        openSocket(url, listener) {
          const close = once(listener.close);
          const task = wx.connectSocket({ url, fail: (failure) => close(problemOf(failure)) });
          return taskSocket(task, listener, close, (failure) => problemOf(failure));
        },

        storage: {
          get: (key) => wx.getStorageSync(key) || null,
          set: (key, value) => wx.setStorageSync(key, value),
          remove: (key) => wx.removeStorageSync(key),
        },
      };
    }

    function responseOf(result) {
      return { status: result.statusCode, headers: headersInLowerCase(result.header), text: asText(result.data) };
    }

    function problemOf(failure) {
      const message = (failure && failure.errMsg) || 'The request failed.';
      return networkProblem(message, /time ?out/i.test(message));
    }

    module.exports = { createWechatTransport };
  };

  sources['client/src/host'] = function (module) {
    /** What surrounds the SDK: the global object, and Node's modules where there is Node. */

    // Set by the bundle: the CommonJS module object that the host gave the file, if any.
    let hostModule = null;

    function setHostModule(module) {
      hostModule = module;
    }

    function globalScope() {
      if (typeof globalThis !== 'undefined') return globalThis;
      if (typeof self !== 'undefined') return self;
      return typeof global !== 'undefined' ? global : {};
    }

    /** A module of Node, or null outside of Node. Asked through the module object so that no bundler packs it. */
    function nodeModule(name) {
      const inNode = typeof process === 'object' && process !== null && process.versions && process.versions.node;
      if (!inNode || hostModule === null || typeof hostModule.require !== 'function') return null;
      return hostModule.require(name);
    }

    module.exports = { setHostModule, globalScope, nodeModule };
  };

  sources['client/src/transport-fetch'] = function (module) {
    /** Requests, files and storage in a browser or in Node, through `fetch`. */

    const { networkProblem } = load('client/src/transport');
    const { messageText, once } = load('client/src/sockets');
    const { invalidParameter, notAvailable, PlatformProblem } = load('shared/problems');
    const { nodeModule } = load('client/src/host');

    /** The `readyState` of a WebSocket that can be sent to. */
    const OPEN = 1;

    function createFetchTransport(scope) {
      return {
        name: 'fetch',
        request: async ({ url, method, headers, body, timeout }) => respond(scope, url, { method, headers, body }, timeout),

        async upload({ url, headers, cloudPath, file, timeout }) {
          const form = new scope.FormData();
          form.append('cloudPath', cloudPath);
          form.append('file', blobOf(scope, file), nameOf(cloudPath));
          return respond(scope, url, { method: 'POST', headers, body: form }, timeout);
        },

        async download({ url, filePath, timeout }) {
          return withTimeout(scope, timeout, async (signal) => {
            const response = await scope.fetch(url, { signal });
            if (!response.ok) return { status: response.status };
            return saveDownload(scope, response, url, filePath);
          });
        },

        /** `listener` has `open()`, `message(text)` and `close(problem)`; answers `{send(text), close()}`. */
        openSocket(url, listener) {
          if (typeof scope.WebSocket !== 'function') {
            throw notAvailable('watch needs the global WebSocket: a browser or Node 22, or a package that is put into its place.', 'WATCH_NOT_AVAILABLE');
          }
          const socket = new scope.WebSocket(url);
          // An error is followed by the end of the connection, which has no reason of its own then.
          const close = once(listener.close);
          socket.onopen = () => listener.open();
          socket.onmessage = (event) => listener.message(messageText(event));
          socket.onerror = (event) => close(networkProblem((event && event.message) || 'The connection failed.', false));
          socket.onclose = (event) => close(networkProblem((event && event.reason) || `The connection was closed (${event && event.code}).`, false));
          return {
            send: (text) => {
              if (socket.readyState === OPEN) socket.send(text);
            },
            close: () => socket.close(),
          };
        },

        // A browser has no super-app that knows the user.
        credentials: async () => ({ platform: 'anonymous' }),
        storage: createStorage(scope),
      };
    }

    async function respond(scope, url, options, timeout) {
      return withTimeout(scope, timeout, async (signal) => {
        const response = await scope.fetch(url, Object.assign({ signal }, options));
        const headers = {};
        response.headers.forEach((value, name) => {
          headers[name.toLowerCase()] = value;
        });
        return { status: response.status, headers, text: await response.text() };
      });
    }

    async function withTimeout(scope, timeout, work) {
      const controller = new scope.AbortController();
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        controller.abort();
      }, timeout);
      try {
        return await work(controller.signal);
      } catch (error) {
        if (error instanceof PlatformProblem) throw error;
        throw networkProblem(timedOut ? `No answer within ${timeout} ms.` : error.message, timedOut);
      } finally {
        clearTimeout(timer);
      }
    }

    /** A File or Blob of the page; in Node also bytes or the path of a file. */
    function blobOf(scope, file) {
      if (file instanceof scope.Blob) return file;
      if (typeof file === 'string' && nodeModule('fs') !== null) {
        try {
          return new scope.Blob([nodeModule('fs').readFileSync(file)]);
        } catch (error) {
          throw new PlatformProblem({ code: 'LOCAL_FILE_FAILED', detail: `The file ${file} cannot be read: ${error.message}` });
        }
      }
      if (file instanceof ArrayBuffer || ArrayBuffer.isView(file)) return new scope.Blob([file]);
      throw invalidParameter('uploadFile needs filePath: a File or Blob in a browser, a path or bytes in Node.');
    }

    function nameOf(cloudPath) {
      return cloudPath.slice(cloudPath.lastIndexOf('/') + 1);
    }

    async function saveDownload(scope, response, url, filePath) {
      const fs = nodeModule('fs');
      if (fs === null) {
        const address = scope.URL.createObjectURL(await response.blob());
        return { status: response.status, tempFilePath: address, filePath: address };
      }
      const target = filePath === undefined ? temporaryFile(url) : filePath;
      fs.writeFileSync(target, new Uint8Array(await response.arrayBuffer()));
      return { status: response.status, tempFilePath: target, filePath: target };
    }

    function temporaryFile(url) {
      const folder = nodeModule('fs').mkdtempSync(nodeModule('path').join(nodeModule('os').tmpdir(), 'sampan-'));
      return nodeModule('path').join(folder, decodeURIComponent(nameOf(new URL(url).pathname)) || 'file');
    }

    /** localStorage where there is one; a private window or Node keeps the session in memory. */
    function createStorage(scope) {
      const memory = {};
      const local = usableLocalStorage(scope);
      if (local !== null) {
        return { get: (key) => local.getItem(key), set: (key, value) => local.setItem(key, value), remove: (key) => local.removeItem(key) };
      }
      return {
        get: (key) => (key in memory ? memory[key] : null),
        set: (key, value) => {
          memory[key] = value;
        },
        remove: (key) => {
          delete memory[key];
        },
      };
    }

    function usableLocalStorage(scope) {
      // In Node, reading the global is a warning or an error; sessions of a program live as long as it does.
      if (nodeModule('fs') !== null) return null;
      try {
        const local = scope.localStorage;
        local.setItem('sampan.probe', '1');
        local.removeItem('sampan.probe');
        return local;
      } catch (error) {
        console.info(`The session is kept in memory, because localStorage cannot be used: ${error.message}`);
        return null;
      }
    }

    module.exports = { createFetchTransport };
  };

  sources['client/src/index'] = function (module) {
    /** Sampan's client SDK: Alipay's and WeChat's cloud APIs for mini programs, browsers and Node. */

    const { Connection } = load('client/src/connection');
    const { createAlipayContext } = load('client/src/alipay-context');
    const { createWechatCalls } = load('client/src/wechat-cloud');
    const { createAlipayTransport } = load('client/src/transport-alipay');
    const { WaitingEvents } = load('client/src/waiting-room');
    const { createWechatTransport } = load('client/src/transport-wechat');
    const { createFetchTransport } = load('client/src/transport-fetch');
    const { globalScope, setHostModule } = load('client/src/host');
    const { notAvailable, invalidParameter, wechatError } = load('shared/problems');

    // What install() or init() said; contexts that name less use it.
    let defaults = {};
    // After install() the page's own names of environments, which are the old cloud's, have no effect.
    let installed = false;
    let wechatConnection = null;
    // One line for the whole app: whoever shows it listens in one place.
    const waitingRoom = new WaitingEvents();

    function chooseTransport() {
      const scope = globalScope();
      if (typeof my === 'object' && my !== null && typeof my.request === 'function') return createAlipayTransport(my);
      if (typeof wx === 'object' && wx !== null && typeof wx.request === 'function') return createWechatTransport(wx);
      if (typeof scope.fetch === 'function') return createFetchTransport(scope);
      throw notAvailable('There is no my, wx or fetch here to send requests with.');
    }

    function settingsFrom(options) {
      const given = options || {};
      const own = {};
      for (const name of ['env', 'endpoint', 'user', 'language', 'timeout', 'storage', 'waitingRoom']) {
        if (given[name] !== undefined && typeof given[name] !== 'symbol') own[name] = given[name];
      }
      // WeChat allows one environment for each kind of resource; there is one for all of them here.
      if (typeof own.env === 'object' && own.env !== null) own.env = own.env.functions || own.env.database || own.env.storage;
      return installed && own.endpoint === undefined ? Object.assign({}, own, defaults) : Object.assign({}, defaults, own);
    }

    /** A connection that is made when it is first needed. */
    function lazyConnection(settings) {
      let connection = null;
      return () => {
        if (connection === null) connection = new Connection(settings, chooseTransport(), undefined, waitingRoom);
        return connection;
      };
    }

    /** Alipay's API. */
    function createCloudContext(options) {
      return Object.assign(createAlipayContext(lazyConnection(settingsFrom(options))), { waitingRoom });
    }

    /** WeChat's API: `init` first, then the calls. */
    function init(options) {
      if (installed && !(options && options.endpoint)) return;
      defaults = settingsFrom(options);
      wechatConnection = lazyConnection(defaults);
    }

    const wechatCalls = createWechatCalls(() => {
      if (wechatConnection === null) throw invalidParameter('Call cloud.init({env, endpoint}) before anything else.', 'NOT_INITIALISED');
      return wechatConnection();
    });

    /** `new Cloud({resourceEnv})`: another environment at the same server. */
    class Cloud {
      constructor(options) {
        const given = options || {};
        const settings = Object.assign({}, defaults, typeof given.resourceEnv === 'string' ? { env: given.resourceEnv } : {});
        this.connect = lazyConnection(settings);
        Object.assign(this, createWechatCalls(this.connect));
      }

      async init() {
        try {
          await this.connect().start();
        } catch (error) {
          throw wechatError(error, 'Cloud.init', 'login');
        }
      }
    }

    /**
     * Puts this SDK in the place of `wx.cloud` or `my.cloud`, so that pages stay as they are:
     * `sampan.install({env: 'env-…', endpoint: 'https://…'})` in app.js, before anything else uses the cloud.
     */
    function install(options) {
      defaults = settingsFrom(options);
      installed = true;
      wechatConnection = lazyConnection(defaults);
      const places = [typeof my === 'object' ? my : null, typeof wx === 'object' ? wx : null].filter((place) => place !== null);
      for (const place of places) replaceCloud(place);
      return cloud;
    }

    function replaceCloud(place) {
      try {
        Object.defineProperty(place, 'cloud', { value: cloud, configurable: true, enumerable: true, writable: true });
      } catch (error) {
        throw notAvailable(`The super-app does not let its cloud be replaced (${error.message}); use the value of install() instead.`);
      }
    }

    const cloud = Object.assign({ createCloudContext, init, install, Cloud, DYNAMIC_CURRENT_ENV: Symbol('DYNAMIC_CURRENT_ENV'), waitingRoom }, wechatCalls);

    module.exports = { cloud, setHostModule };
  };

  const entry = load('client/src/index');
  entry.setHostModule(hostModule);
  return entry.cloud;
});
