'use strict';

/** The stages of an aggregation, written one after the other. */

const { encodeValue, isPlainObject, EXPRESSION } = require('./values');
const { invalidParameter } = require('./problems');
const conditions = require('./conditions');

const EXPRESSION_STAGES = ['addFields', 'bucket', 'bucketAuto', 'count', 'facet', 'group', 'limit', 'project', 'replaceRoot',
  'sample', 'set', 'skip', 'sort', 'sortByCount', 'unset', 'unwind'];

class Pipeline {
  constructor(rules) {
    this.rules = rules;
    this.stages = [];
  }

  stage(name, body) {
    const stage = {};
    stage[name] = body;
    this.stages.push(stage);
    return this;
  }

  match(query) {
    return this.stage('$match', conditions.encodeWhere(query, this.rules));
  }

  lookup(options) {
    requireObject('lookup', options);
    const body = Object.assign({}, options);
    // Its stages are encoded already; only the rest is written in expressions.
    delete body.pipeline;
    const encoded = encodeValue(body, EXPRESSION);
    if (options.pipeline !== undefined) encoded.pipeline = stagesOf(options.pipeline);
    return this.stage('$lookup', encoded);
  }

  geoNear(options) {
    requireObject('geoNear', options);
    const body = Object.assign({}, options);
    delete body.query;
    const encoded = encodeValue(body, EXPRESSION);
    if (options.query !== undefined) encoded.query = conditions.encodeWhere(options.query, this.rules);
    return this.stage('$geoNear', encoded);
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

function requireObject(name, options) {
  if (!isPlainObject(options)) throw invalidParameter(`The stage ${name} needs an object.`);
}

function stagesOf(pipeline) {
  return pipeline instanceof Pipeline ? pipeline.stages : encodeValue(pipeline, EXPRESSION);
}

module.exports = { Pipeline };
