/** An object with a page of its own: what it is called, how it stands, its id, who changed it when, and its sides. */
import { Group, Stack } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { CopyId } from './copy-id.tsx'
import { LastChange } from './last-change.tsx'
import { ObjectMissing } from './object-missing.tsx'
import type { ObjectView } from './object-panel.tsx'
import { ObjectTabs } from './object-tabs.tsx'
import { Page } from './page.tsx'

type PageView = ObjectView & {
  readonly about?: string
  /** Beside the title. */
  readonly actions?: ReactNode
  /** Between the title and the sides: what is the matter with it. */
  readonly notices?: ReactNode
}

type Props<Shown> = {
  readonly query: Pick<UseQueryResult<Shown>, 'data' | 'error'>
  /** Until it is there. */
  readonly title: string
  /** To the list. */
  readonly onBack: () => Promise<void> | void
  /** Draws what was read; no hooks in it. */
  readonly view: (shown: Shown) => PageView
  /** The open side, as the address has it; absent: the first one, kept here. */
  readonly open?: string
  readonly onOpen?: (id: string) => void
}

/** The page, also while the object is read and where there is none. */
export const ObjectPage = <Shown,>(props: Props<Shown>) => {
  const { query, title, onBack, view, open, onOpen } = props
  const { data, error } = query
  if (data === undefined)
    return (
      <Page title={title}>
        <ObjectMissing error={error} onBack={onBack} />
      </Page>
    )
  const shown = view(data)
  return (
    <Page
      title={shown.title}
      badge={shown.badge}
      actions={shown.actions}
      {...(shown.about === undefined ? {} : { about: shown.about })}
    >
      {shown.notices}
      <Stack gap="xs">
        <Group gap="xs" justify="space-between">
          <CopyId id={shown.id} />
          {shown.change === undefined ? null : <LastChange id={shown.id} {...shown.change} />}
        </Group>
        <ObjectTabs
          tabs={shown.tabs}
          api={shown.api}
          {...(open === undefined ? {} : { open })}
          {...(onOpen === undefined ? {} : { onOpen })}
        />
      </Stack>
    </Page>
  )
}
