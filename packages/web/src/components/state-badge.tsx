/** The state of a thing: a word, an icon and a colour, never a colour alone. The words are the caller's. */
import { Badge } from '@mantine/core'
import { Icon, type IconName } from './icon.tsx'

/** What a state means to whoever looks: `busy` moves, `waiting` will, `neutral` is over without verdict. */
export type Tone = 'good' | 'bad' | 'warning' | 'busy' | 'waiting' | 'neutral'

const looks: Readonly<Record<Tone, { readonly color: string; readonly icon: IconName }>> = {
  good: { color: 'green', icon: 'check' },
  bad: { color: 'red', icon: 'cross' },
  warning: { color: 'yellow', icon: 'alert' },
  busy: { color: 'blue', icon: 'play' },
  waiting: { color: 'gray', icon: 'clock' },
  neutral: { color: 'gray', icon: 'circle' },
}

type Props = {
  readonly tone: Tone
  readonly label: string
  /** Instead of the tone's own. */
  readonly icon?: IconName
}

/** A small badge. */
export const StateBadge = ({ tone, label, icon }: Props) => (
  <Badge
    miw="max-content"
    color={looks[tone].color}
    leftSection={<Icon name={icon ?? looks[tone].icon} size={12} />}
  >
    {label}
  </Badge>
)
