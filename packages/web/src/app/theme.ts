/** How everything looks: bell brass on slate, 14 px, thin lines. Every pair of colours here passes WCAG AA. No layout. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

const brass: MantineColorsTuple = [
  '#fbf6ea',
  '#f4e8cb',
  '#e9d199',
  '#ddb964',
  '#d3a44a',
  '#b8862b',
  '#966a1a',
  '#825b15',
  '#694910',
  '#50370b',
]

const slate: MantineColorsTuple = [
  '#f8fafc',
  '#f1f5f9',
  '#e2e8f0',
  '#cbd5e1',
  '#94a3b8',
  '#5b6b82',
  '#475569',
  '#334155',
  '#1e293b',
  '#0f172a',
]

/** Mantine's names: 0 text, 2 dimmed, 3 placeholder, 4 lines, 6 fields, 7 the page. */
const slateDark: MantineColorsTuple = [
  '#e2e8f0',
  '#cbd5e1',
  '#a9b6c8',
  '#8d9db3',
  '#35435a',
  '#2a3648',
  '#1c2637',
  '#131b29',
  '#0e1520',
  '#0a0f18',
]

/* The colours of states. White is readable on shades 6 and 7, shade 9 on 1, and 0 on a dark 9. */
const red: MantineColorsTuple = [
  '#fef2f2',
  '#fee2e2',
  '#fecaca',
  '#fca5a5',
  '#f87171',
  '#dc2626',
  '#c42323',
  '#b91c1c',
  '#991b1b',
  '#7f1d1d',
]
const green: MantineColorsTuple = [
  '#f0fdf4',
  '#dcfce7',
  '#bbf7d0',
  '#86efac',
  '#4ade80',
  '#16a34a',
  '#15803d',
  '#166534',
  '#14532d',
  '#0f4224',
]
const yellow: MantineColorsTuple = [
  '#fffbeb',
  '#fef3c7',
  '#fde68a',
  '#fcd34d',
  '#fbbf24',
  '#b45309',
  '#a1480b',
  '#92400e',
  '#78350f',
  '#612a0c',
]
const blue: MantineColorsTuple = [
  '#eff6ff',
  '#dbeafe',
  '#bfdbfe',
  '#93c5fd',
  '#60a5fa',
  '#2563eb',
  '#1d56d8',
  '#1e40af',
  '#1e3a8a',
  '#172f6e',
]

/** Mantine's theme for the whole UI. */
export const theme = createTheme({
  primaryColor: 'brass',
  primaryShade: { light: 7, dark: 6 },
  colors: { brass, gray: slate, dark: slateDark, red, green, yellow, blue },
  black: '#0f172a',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.4' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  components: {
    Badge: { defaultProps: { variant: 'light', radius: 'sm', tt: 'none', fw: 500 } },
    Tooltip: {
      defaultProps: { events: { hover: true, focus: true, touch: true }, withArrow: true },
    },
    // Their headers would be further banners beside the page's own.
    Modal: { defaultProps: { centered: true, attributes: { header: { role: 'presentation' } } } },
    Drawer: { defaultProps: { attributes: { header: { role: 'presentation' } } } },
    Table: { defaultProps: { verticalSpacing: 8 } },
  },
})

/** Lines and accents of our own, beside Mantine's variables. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--carillon-rail': '13.5rem', '--carillon-bar': '3.25rem' },
  light: {
    '--carillon-line': slate[2],
    '--carillon-accent': brass[7],
    '--carillon-raised': '#ffffff',
    '--carillon-sunken': slate[0],
    '--mantine-color-placeholder': slate[5],
    '--mantine-color-error': '#b42318',
    '--mantine-color-anchor': brass[7],
  },
  dark: {
    '--carillon-line': slateDark[5],
    '--carillon-accent': brass[4],
    '--carillon-raised': slateDark[6],
    '--carillon-sunken': slateDark[8],
    '--mantine-color-placeholder': slateDark[3],
    '--mantine-color-error': '#ff9a8d',
    '--mantine-color-anchor': brass[4],
  },
})
