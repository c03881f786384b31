/** The fields of an archive integration. What each kind needs is checked in `archive.ts`. */
import Type, { type Static } from 'typebox'
import { apiKeyField } from '../api-key-field.ts'
import { baseUrlSetting } from '../base-url.ts'

export const archiveSettings = Type.Object(
  {
    kind: Type.Union([Type.Literal('folder'), Type.Literal('s3')], {
      title: 'Kind',
      description:
        'folder: below CARILLON_ARCHIVE_DIR of the server, each tenant apart. s3: a bucket of Amazon S3 or of a store that speaks its API.',
    }),
    path: Type.Optional(
      Type.String({
        title: 'Path',
        description:
          'Template of a document’s path or key; `to` is the document’s id. It must give each document a path of its own. Default {{ data.reference | default: data.remoteId }}/{{ data.remoteId }}-{{ to }}.pdf.',
        minLength: 1,
        maxLength: 2_000,
      }),
    ),
    bucket: Type.Optional(
      Type.String({
        title: 'Bucket',
        description: 'For s3.',
        pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
      }),
    ),
    region: Type.Optional(
      Type.String({
        title: 'Region',
        description: 'For s3, such as eu-south-1. Other stores often take us-east-1.',
        pattern: '^[a-z0-9-]{1,40}$',
      }),
    ),
    baseUrl: baseUrlSetting('https://s3.<region>.amazonaws.com'),
    pathStyle: Type.Optional(
      Type.Boolean({
        title: 'Bucket in the path',
        description:
          'true: https://host/bucket/key; false: https://bucket.host/key. Default: true with a base URL, else false.',
      }),
    ),
    conditionalWrites: Type.Optional(
      Type.Boolean({
        title: 'Conditional writes',
        description:
          'The store knows If-None-Match: * (Amazon S3, MinIO, Ceph). false: what is there is looked at before. Default true.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const archiveSecrets = Type.Object(
  {
    accessKeyId: Type.Optional(
      Type.String({
        title: 'Access key ID',
        description: 'For s3. It may PutObject and GetObject in the bucket.',
        pattern: '^[A-Za-z0-9_-]{3,128}$',
      }),
    ),
    secretAccessKey: Type.Optional(
      apiKeyField('Secret access key', 'For s3: the secret that belongs to the access key.'),
    ),
    sessionToken: Type.Optional(
      apiKeyField('Session token', 'Only for temporary credentials, which end after hours.'),
    ),
  },
  { additionalProperties: false },
)

export type ArchiveSettings = Static<typeof archiveSettings>
export type ArchiveSecrets = Static<typeof archiveSecrets>
