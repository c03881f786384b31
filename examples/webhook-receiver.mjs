/**
 * A webhook receiver for trying Carillon out: checks every request with the public `standardwebhooks` library and says
 * what it got. Copy it as the beginning of your own; not part of the server.
 *
 *     SIGNING_SECRET=whsec_… [PORT=9000] [FAIL_FIRST=2] node examples/webhook-receiver.mjs
 *
 * FAIL_FIRST answers so many requests with 500 before it begins to accept them.
 */
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const { SIGNING_SECRET = '', PORT = '9000', FAIL_FIRST = '0' } = process.env
/** Nobody sends us more: an event's data has at most 256,000 characters. */
const largestBodyBytes = 1_000_000

const say = (line) => process.stdout.write(`${line}\n`)

const readBody = async (request) => {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > largestBodyBytes) return undefined
    chunks.push(chunk)
  }
  // The very bytes are signed: parse them only after the check, and never check what was parsed and printed again.
  return Buffer.concat(chunks).toString('utf8')
}

const createReceiver = (secret, failFirst) => {
  const webhook = new Webhook(secret)
  /** In a real receiver: a column with a unique index, written together with what the message leads to. */
  const seen = new Set()
  let failuresLeft = failFirst
  return async (request) => {
    const id = request.headers['webhook-id'] ?? ''
    const body = await readBody(request)
    if (body === undefined) return { status: 413, line: `${id}  too large` }
    try {
      webhook.verify(body, request.headers)
    } catch (error) {
      // A wrong signature, or a timestamp more than five minutes away from this clock.
      return { status: 401, line: `${id}  refused: ${error.message}` }
    }
    if (failuresLeft > 0) {
      failuresLeft -= 1
      return { status: 500, line: `${id}  told to fail` }
    }
    if (seen.has(id)) return { status: 200, line: `${id}  again: dropped` }
    seen.add(id)
    return { status: 200, line: `${id}  ${body}` }
  }
}

const main = () => {
  const receive = createReceiver(SIGNING_SECRET, Number(FAIL_FIRST))
  const answer = async (request, response) => {
    // The credentials test of an integration is an unsigned GET.
    const { status, line } =
      request.method === 'POST'
        ? await receive(request)
        : { status: 405, line: `${request.method} ${request.url}` }
    say(`${status}  ${line}`)
    response.writeHead(status).end()
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(Number(PORT), '127.0.0.1', () => {
    say(`listening on http://127.0.0.1:${server.address().port}/hook`)
  })
}

main()
