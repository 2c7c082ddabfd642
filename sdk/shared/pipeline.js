'use strict';

/** The stages of an aggregation, written one after the other. */

const { encodeValue, isPlainObject, EXPRESSION } = require('./values');
const { invalidParameter } = require('./problems');
const conditions = require('./conditions');

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
