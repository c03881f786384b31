/** The UI's icons: strokes in a 24 by 24 box, in the colour of the text around them. No meaning of their own: a word stands beside. */

const paths = {
  add: 'M12 5v14M5 12h14',
  alert: 'M12 4 2.8 19.500h18.400ZM12 10v4M12 17v.01',
  archive: 'M4 8h16v11H4ZM3 4h18v4H3ZM10 12h4',
  bell: 'M12 3v1.500M6 10a6 6 0 0 1 12 0c0 5 2 6 2 6.500H4C4 16 6 15 6 10ZM10 20h4',
  bolt: 'M13 3 5 14h6l-1 7 8-11h-6Z',
  calendar: 'M4 6h16v14H4ZM4 10h16M8 3v4M16 3v4',
  chart: 'M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6',
  check: 'm5 12.500 4.500 4.500L19 7',
  chevronDown: 'm6 9 6 6 6-6',
  chevronRight: 'm9 6 6 6-6 6',
  circle: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 8v4.500l3 2',
  code: 'm8 7-5 5 5 5M16 7l5 5-5 5',
  copy: 'M9 9h11v11H9ZM5 15H4V4h11v1',
  cross: 'm6 6 12 12M18 6 6 18',
  dots: 'M5 12h.01M12 12h.01M19 12h.01',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  edit: 'M4 20h4L19 9l-4-4L4 16Z',
  external: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  filter: 'M4 5h16l-6 8v6l-4-2v-4Z',
  flag: 'M6 21V4h12l-3 4.500 3 4.500H6',
  gauge: 'M4 18a9 9 0 1 1 16 0ZM12 14l4-5',
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  history: 'M4 12a8 8 0 1 0 3-6.200L4 8M4 4v4h4M12 8v4.500l3 2',
  home: 'M4 11 12 4l8 7M6 10v10h12V10',
  key: 'M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM11 12l8-8M16 7l3 3',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01',
  lock: 'M6 11h12v9H6ZM9 11V7a3 3 0 0 1 6 0v4',
  mail: 'M3 6h18v12H3ZM3 7l9 7 9-7',
  megaphone: 'M4 10v4l3 .5V19h3v-4l9 3V6L7 10Z',
  menu: 'M4 7h16M4 12h16M4 17h16',
  moon: 'M19 14.500A8 8 0 0 1 9.500 5 8 8 0 1 0 19 14.500Z',
  pause: 'M8 5v14M16 5v14',
  people:
    'M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7ZM3 20c0-4 3-6 6-6s6 2 6 6M16 5.500a3.500 3.500 0 0 1 0 6M17 14.500c2.500.5 4 2.500 4 5.500',
  person:
    'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.500 21c0-4.500 3.500-6.500 7.500-6.500s7.500 2 7.500 6.500',
  play: 'M7 5v14l11-7Z',
  plug: 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0ZM12 17v4',
  question:
    'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.4-1 .9-1 1.700M12 17v.01',
  refresh: 'M20 11a8 8 0 0 0-14.500-4L4 9M4 4v5h5M4 13a8 8 0 0 0 14.500 4L20 15M20 20v-5h-5',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16 16l5 5',
  send: 'M21 3 3 10.500l7 3.500 3.500 7ZM21 3 10 14',
  settings: 'M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4',
  shield: 'M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6Z',
  skip: 'M5 6v12l9-6ZM18 6v12',
  stop: 'M6 6h12v12H6Z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500 19 19M5 19l1.500-1.500M17.500 6.500 19 5',
  tag: 'M4 4h8l8 8-8 8-8-8ZM8 8h.01',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  upload: 'M12 20V9M7 13l5-5 5 5M5 4h14',
} as const

export type IconName = keyof typeof paths

type Props = {
  readonly name: IconName
  /** In px; 16 by default. */
  readonly size?: number
}

/** One icon; screen readers skip it. */
export const Icon = ({ name, size = 16 }: Props) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.75}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden
    focusable="false"
    style={{ flex: 'none' }}
  >
    <path d={paths[name]} />
  </svg>
)
