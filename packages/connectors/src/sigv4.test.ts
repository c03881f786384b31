/** AWS's own signature test suite (aws4_testsuite, 2015), and one signature taken apart by hand. */
import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { s3Path, sigV4Headers } from './sigv4.ts'

const suite = {
  url: 'https://example.amazonaws.com/',
  headers: {},
  body: '',
  region: 'us-east-1',
  service: 'service',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  now: instant(Date.UTC(2015, 7, 30, 12, 36)),
}
const credential = 'Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request'

describe('AWS’s published vectors', () => {
  test.each([
    {
      name: 'get-vanilla',
      method: 'GET',
      signedHeaders: 'host;x-amz-date',
      signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    },
    {
      name: 'post-vanilla',
      method: 'POST',
      signedHeaders: 'host;x-amz-date',
      signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    },
    {
      name: 'post-x-www-form-urlencoded',
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Param1=value1',
      signedHeaders: 'content-type;host;x-amz-date',
      signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    },
  ])('$name', ({ signedHeaders, signature, method, headers: given = {}, body = '' }) => {
    const headers = sigV4Headers({ ...suite, method, headers: given, body })
    expect(headers['x-amz-date']).toBe('20150830T123600Z')
    expect(headers['authorization']).toBe(
      `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    )
  })
})

test('a request to SES is signed over the canonical form written out by hand', () => {
  const body = '{"a":"ü"}'
  const headers = sigV4Headers({
    ...suite,
    method: 'POST',
    url: 'https://email.eu-south-1.amazonaws.com/v2/email/outbound-emails',
    headers: { 'content-type': 'application/json' },
    body,
    region: 'eu-south-1',
    service: 'ses',
    sessionToken: 'session-token',
  })
  const hex = (text: string) => createHash('sha256').update(text).digest('hex')
  const canonical = `POST
/v2/email/outbound-emails

content-type:application/json
host:email.eu-south-1.amazonaws.com
x-amz-date:20150830T123600Z
x-amz-security-token:session-token

content-type;host;x-amz-date;x-amz-security-token
${hex(body)}`
  const sign = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest()
  const day = sign(`AWS4${suite.secretAccessKey}`, '20150830')
  const key = sign(sign(sign(day, 'eu-south-1'), 'ses'), 'aws4_request')
  const scope = '20150830/eu-south-1/ses/aws4_request'
  const toSign = `AWS4-HMAC-SHA256\n20150830T123600Z\n${scope}\n${hex(canonical)}`
  expect(headers['authorization']).toContain(`Signature=${sign(key, toSign).toString('hex')}`)
  expect(headers['x-amz-security-token']).toBe('session-token')
})

test('a path with characters of its own is encoded twice, as AWS does for all but S3', () => {
  const plain = sigV4Headers({ ...suite, method: 'GET', url: 'https://example.amazonaws.com/a b/' })
  const escaped = sigV4Headers({
    ...suite,
    method: 'GET',
    url: 'https://example.amazonaws.com/a%20b/',
  })
  const other = sigV4Headers({
    ...suite,
    method: 'GET',
    url: 'https://example.amazonaws.com/a%2520b/',
  })
  expect(plain['authorization']).toBe(escaped['authorization'])
  expect(plain['authorization']).not.toBe(other['authorization'])
})

test('an object is put as in the example of the S3 documentation', () => {
  const headers = sigV4Headers({
    method: 'PUT',
    url: `https://examplebucket.s3.amazonaws.com/${s3Path('test$file.text')}`,
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    body: Buffer.from('Welcome to Amazon S3.'),
    region: 'us-east-1',
    service: 's3',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    now: instant(Date.UTC(2013, 4, 24)),
  })
  expect(headers['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  )
})
