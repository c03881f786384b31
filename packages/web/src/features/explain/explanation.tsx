/** The tree of decisions with what it comes to in bold. The words are ours where we have them, else the server's. */
import { Alert, List, Text, ThemeIcon } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ExplainCreateAnswer } from '@carillon/client/api.gen'
import { useZone } from '../../app/use-zone.ts'
import { dateTime } from '../../components/format.ts'
import { Icon, type IconName } from '../../components/icon.tsx'
import { ObjectLink } from '../../components/object-link.tsx'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'

type Decision = ExplainCreateAnswer['decisions'][number]
type Said = Pick<Decision, 'code' | 'text' | 'values'>

const looks: Readonly<
  Record<Decision['verdict'], { readonly icon: IconName; readonly color: string }>
> = {
  yes: { icon: 'check', color: 'green' },
  no: { icon: 'cross', color: 'red' },
  wait: { icon: 'clock', color: 'yellow' },
  info: { icon: 'circle', color: 'gray' },
}

/** Values that are words of other pages: where these words are. */
const wordGroups: Readonly<Record<string, readonly [string, string]>> = {
  operator: ['rules', 'operators'],
  outcome: ['deliveries', 'outcomes'],
  state: ['deliveries', 'states'],
  kind: ['deliveries', 'receipts'],
}

/** `["IT","DE"]` is read as "IT, DE". */
const readable = (json: string): string => {
  const list = /^\[(.*)\]$/s.exec(json)?.[1]
  return list === undefined ? json : list.replaceAll('","', ', ').replaceAll('"', '')
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

/** Says a decision in the page's language; times in it are in the tenant's zone. */
const useSay = (): ((said: Said) => string) => {
  const { i18n } = useTranslation('explain')
  const zone = useZone()
  const reasons = useReason()
  const resource = (namespace: string, key: string): string | undefined => {
    const found: unknown = i18n.getResource(i18n.language, namespace, key)
    return typeof found === 'string' ? found : undefined
  }
  const wordOf = (name: string, value: unknown): string | undefined => {
    const [namespace, group] = wordGroups[name] ?? []
    if (name === 'person' && value === null) return resource('explain', 'somebody')
    if (name === 'channel') return reasons.channel(String(value))
    if (name === 'expected' || name === 'actual') return readable(String(value))
    if ((name === 'reason' || name === 'because') && typeof value === 'string')
      return reasons.say(value)
    return namespace === undefined ? undefined : resource(namespace, `${group}.${String(value)}`)
  }
  const shown = (value: string | number | null | undefined): string =>
    typeof value === 'string' && timePattern.test(value)
      ? `${dateTime(value, zone, i18n.language)} (${zone})`
      : String(value ?? '')
  return ({ code, text, values }) => {
    const waits = resource('deliveries', `waits.${String(values['reason'])}`)
    if (code === 'waits' && waits !== undefined) return `${waits} · ${shown(values['until'])}`
    const isBare = values['operator'] === 'exists' && values['expected'] === 'true'
    const special = isBare ? 'there' : values['of'] === 0 ? 'none' : ''
    const sentence =
      resource('explain', `codes.${code}_${special}`) ?? resource('explain', `codes.${code}`)
    return (
      sentence
        ?.replaceAll(
          /\{\{(\w+)\}\}/g,
          (_all, name: string) => wordOf(name, values[name]) ?? shown(values[name]),
        )
        // What was left empty leaves no gap.
        .replaceAll(/ {2,}/g, ' ')
        .trim() ?? text
    )
  }
}

/** The sentence first: it is what one came for. */
export const Explanation = ({ answer }: { readonly answer: ExplainCreateAnswer }) => {
  const { t } = useTranslation('explain')
  const say = useSay()
  const { conclusion, decisions } = answer
  return (
    <>
      <Alert
        color={looks[conclusion.verdict].color}
        icon={<Icon name={looks[conclusion.verdict].icon} />}
        role="status"
      >
        <Text fw={700} c="var(--mantine-color-text)" style={{ overflowWrap: 'anywhere' }}>
          {say(conclusion)}
        </Text>
      </Alert>
      {answer.mode === 'past' ? <Text c="dimmed">{t('asNow')}</Text> : null}
      <List listStyleType="none" spacing={6} aria-label={t('decisions')}>
        {decisions.map((decision, index) => (
          <Line key={`${index}${decision.code}`} decision={decision} say={say} />
        ))}
      </List>
    </>
  )
}

const Line = ({
  decision,
  say,
}: {
  readonly decision: Decision
  readonly say: (said: Said) => string
}) => {
  const { t } = useTranslation('explain')
  const { verdict, depth, link, at } = decision
  const { icon, color } = looks[verdict]
  return (
    <List.Item
      ml={`${depth * 1.25}rem`}
      icon={
        <ThemeIcon
          size={18}
          radius="xl"
          color={color}
          variant="light"
          role="img"
          aria-label={t(`verdicts.${verdict}`)}
        >
          <Icon name={icon} size={11} />
        </ThemeIcon>
      }
    >
      <Text span fw={depth <= 1 ? 600 : 400} style={{ overflowWrap: 'anywhere' }}>
        {link === null ? (
          say(decision)
        ) : (
          <ObjectLink type={link.type} id={link.id}>
            {say(decision)}
          </ObjectLink>
        )}
      </Text>{' '}
      {at === null ? null : (
        <Text span c="dimmed" fz="xs" style={{ whiteSpace: 'nowrap' }}>
          <When at={at} />
        </Text>
      )}
    </List.Item>
  )
}
