// The plainest Node.js server there is: it parses a small JSON body and answers a small JSON object.
const http = require('http')

const server = http.createServer((request, response) => {
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    const event = JSON.parse(Buffer.concat(parts).toString() || '{}')
    const answer = JSON.stringify({ sum: event.a + event.b })
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) })
    response.end(answer)
  })
})

server.listen(Number(process.argv[2]), '127.0.0.1')
