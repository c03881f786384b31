/** The sides of an object, the last of them its API call. Not for where it is shown: that is a panel or a page. */
import { Tabs } from '@mantine/core'
import type { ReactNode } from 'react'
import { ApiTab } from './api-tab.tsx'
import type { ApiCall } from './curl-of.ts'
import classes from './object-tabs.module.css'

export type ObjectApi = {
  readonly call: ApiCall
  /** What follows `client.` in the SDK. */
  readonly sdk: string
}

export type ObjectTab = {
  readonly id: string
  readonly label: string
  readonly content: ReactNode
}

type Props = {
  /** The first one is open at first. */
  readonly tabs: readonly ObjectTab[]
  readonly api: ObjectApi
  /** With `onOpen`: the open one, as the address has it. */
  readonly open?: string
  readonly onOpen?: (id: string) => void
}

/** Only what is open is drawn and asks for its data. */
export const ObjectTabs = ({ tabs, api, open, onOpen }: Props) => {
  const all: readonly ObjectTab[] = [
    ...tabs,
    { id: 'api', label: 'API', content: <ApiTab {...api} /> },
  ]
  const first = all[0]?.id ?? 'api'
  const control =
    onOpen === undefined
      ? { defaultValue: first }
      : {
          value: all.find(({ id }) => id === open)?.id ?? first,
          onChange: (id: string | null) => (id === null ? undefined : onOpen(id)),
        }
  return (
    <Tabs {...control} keepMounted={false}>
      <Tabs.List className={classes['list'] ?? ''}>
        {all.map(({ id, label }) => (
          <Tabs.Tab key={id} value={id}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {all.map(({ id, content }) => (
        <Tabs.Panel key={id} value={id} pt="md">
          {content}
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
