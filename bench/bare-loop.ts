/**
 * The limit beside `drain`: the same POST to the same sink through a bare undici `Pool`, nothing durable, in a process of
 * its own. Arguments: url, requests, concurrency. Answers when all are done.
 */
import { Pool } from 'undici'
import { answerParent } from './rig/node-child.ts'
import { webhookBody, webhookHeaders } from './rig/workload.ts'

const [url = '', requests = '0', concurrency = '64'] = process.argv.slice(2)

const run = async (): Promise<true> => {
  const pool = new Pool(new URL(url).origin, { connections: Number(concurrency) })
  let left = Number(requests)
  const loop = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const body = webhookBody(left)
      const reply = await pool.request({ path: '/', method: 'POST', headers: webhookHeaders, body })
      await reply.body.text()
      if (reply.statusCode !== 200) throw new Error(`the sink answered ${reply.statusCode}`)
    }
  }
  await Promise.all(Array.from({ length: Number(concurrency) }, loop))
  await pool.close()
  return true
}

answerParent(run)
