/** The outline of the pages for who is not signed in: the bell, a heading, one narrow column. */
import { Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { LanguageMenu } from '../../app/language-menu.tsx'
import { ThemeMenu } from '../../app/theme-menu.tsx'
import { BellMark } from '../../components/bell-mark.tsx'
import { LinkText } from '../../components/link-text.tsx'

type Props = {
  readonly title: string
  readonly about?: string
  readonly children: ReactNode
  /** Offers the way back to signing in. */
  readonly hasWayBack?: boolean
}

/** Drawn instead of the frame. */
export const OpenPage = ({ title, about, children, hasWayBack = false }: Props) => {
  const { t } = useTranslation('sign-in')
  useDocumentTitle(`${title} · Carillon`)
  return (
    <Stack mih="100dvh" gap={0}>
      <Group component="header" justify="flex-end" p="xs" gap={0}>
        <LanguageMenu />
        <ThemeMenu />
      </Group>
      <Stack
        component="main"
        align="center"
        px="sm"
        pt={{ base: 'md', sm: '8vh' }}
        pb="xl"
        gap="lg"
      >
        <Group gap="xs">
          <BellMark size={28} />
          <Text fw={600} fz="lg">
            Carillon
          </Text>
        </Group>
        <Paper withBorder p={{ base: 'md', xs: 'xl' }} w="100%" maw="26rem">
          <Stack gap="md">
            <Stack gap={4}>
              <Title order={1}>{title}</Title>
              {about === undefined ? null : <Text c="dimmed">{about}</Text>}
            </Stack>
            {children}
            {hasWayBack ? <LinkText to="/sign-in">{t('back')}</LinkText> : null}
          </Stack>
        </Paper>
      </Stack>
    </Stack>
  )
}
