'use strict';

/**
 * Encodes what stands in `where` as a MongoDB query. `rules.flattenWhere` is the difference between the
 * platforms: WeChat reads `{a: {b: 1}}` as "the field a.b equals 1", Alipay as "a equals this whole object".
 */

const { Command, encodeValue, isPlainObject, isOperators, define, CONDITION, EXPRESSION } = require('./values');
const { isRegularExpression } = require('./typed-values');
const { invalidParameter } = require('./problems');
const classes = require('./command-classes');

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
