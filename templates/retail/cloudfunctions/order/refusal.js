/** Why an order cannot be done, told to the customer; anything else that is thrown is a defect and fails the call. */
class Refusal extends Error {
  constructor(code, message, details = {}) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.details = details
  }
}

module.exports = { Refusal }
