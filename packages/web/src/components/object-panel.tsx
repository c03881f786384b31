/** An object in a panel beside its list: what it is called, how it stands, its id, who changed it when, and its sides. */
import { Group, Stack } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { CopyId } from './copy-id.tsx'
import { LastChange } from './last-change.tsx'
import { ObjectMissing } from './object-missing.tsx'
import { ObjectTabs, type ObjectApi, type ObjectTab } from './object-tabs.tsx'
import { SidePanel } from './side-panel.tsx'

/** What a panel shows of an object. */
export type ObjectView = {
  readonly id: string
  readonly title: string
  /** Its state. */
  readonly badge?: ReactNode
  /** Absent: it is not changed by people. With `id` where the log has another than the address. */
  readonly change?: { readonly at?: string; readonly isOfPlatform?: boolean; readonly id?: string }
  readonly tabs: readonly ObjectTab[]
  readonly api: ObjectApi
}

type Props<Shown> = {
  readonly query: Pick<UseQueryResult<Shown>, 'data' | 'error'>
  /** Until it is there. */
  readonly title: string
  readonly onClose: () => Promise<void> | void
  /** Draws what was read; no hooks in it. */
  readonly view: (shown: Shown) => ObjectView
}

/** The panel, also while the object is read and where there is none. */
export const ObjectPanel = <Shown,>({ query, title, onClose, view }: Props<Shown>) => {
  const { data, error } = query
  if (data === undefined)
    return (
      <SidePanel title={title} onClose={onClose}>
        <ObjectMissing error={error} onBack={onClose} />
      </SidePanel>
    )
  const shown = view(data)
  return (
    <SidePanel title={shown.title} badge={shown.badge} onClose={onClose}>
      <Stack gap="xs">
        <Group gap="xs" justify="space-between">
          <CopyId id={shown.id} />
          {shown.change === undefined ? null : <LastChange id={shown.id} {...shown.change} />}
        </Group>
        <ObjectTabs tabs={shown.tabs} api={shown.api} />
      </Stack>
    </SidePanel>
  )
}
