// Your environment and your server. `sampan env list` shows the environments; a phone needs the server's https address.
module.exports = {
  env: 'env-fill-in-yours',
  endpoint: 'http://127.0.0.1:9800',
}
