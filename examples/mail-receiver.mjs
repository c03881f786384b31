/**
 * A mail server for trying Carillon out: takes every mail on this machine and prints who it is for, its subject and its
 * text. It keeps nothing and passes nothing on; not part of the server.
 *
 *     [PORT=2525] node examples/mail-receiver.mjs
 */
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

const { PORT = '2525' } = process.env

const say = (line) => process.stdout.write(`${line}\n`)

const show = async (stream, recipients) => {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  const mail = await PostalMime.parse(Buffer.concat(chunks))
  const text = (mail.text ?? '').trim().replaceAll(/\s*\n\s*/g, ' / ')
  say(`${recipients.join(', ')}  ${mail.subject ?? ''}: ${text}`)
}

const take = async (stream, session, done) => {
  const recipients = session.envelope.rcptTo.map(({ address }) => address)
  try {
    await show(stream, recipients)
    done()
  } catch (error) {
    done(error)
  }
}

const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData: (stream, session, done) => void take(stream, session, done),
})

// Loopback only: whatever comes in is taken.
server.listen(Number(PORT), '127.0.0.1', () => say(`listening on smtp://127.0.0.1:${PORT}`))
