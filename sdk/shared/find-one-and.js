'use strict';

/** Changing one document and answering it, as one step: the same calls for queries and for documents by their id. */

const { encodeUpdate } = require('./updates');
const { addWriteOptions, addReturn } = require('./write-options');
const { encodeReplacement } = require('./requirements');

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
