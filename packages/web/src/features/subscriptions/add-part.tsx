/** Adds words for another channel, or in another language. */
import { Button, Group, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../components/icon.tsx'
import { emptyPart, nameOfPart, type Part } from './content-parts.ts'
import { peopleChannels } from './channels.ts'

type Props = { readonly parts: readonly Part[]; readonly onAdd: (part: Part) => void }

const languagePattern = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$/

/** A line of two fields; what is there already can not be added. */
export const AddPart = ({ parts, onAdd }: Props) => {
  const { t } = useTranslation('subscriptions')
  const [channel, setChannel] = useState('default')
  const [language, setLanguage] = useState('')
  const part = emptyPart(channel, language.trim())
  const isThere = parts.some((one) => nameOfPart(one) === nameOfPart(part))
  // A language stands beside the words without one, which everybody else gets.
  const lacksPlain = part.language !== '' && !parts.some((one) => nameOfPart(one) === part.channel)
  const isWrong = part.language !== '' && !languagePattern.test(part.language)
  return (
    <Group align="flex-end" gap="xs">
      <Select
        label={t('fields.channel')}
        data={['default', ...peopleChannels].map((value) => ({
          value,
          label: t(`channels.${value}`, { defaultValue: value }),
        }))}
        value={channel}
        allowDeselect={false}
        onChange={(next) => setChannel(next ?? 'default')}
        w="12rem"
      />
      <TextInput
        label={t('fields.language')}
        placeholder={t('texts.anyLanguage')}
        value={language}
        error={isWrong ? t('texts.noLanguage') : lacksPlain ? t('texts.lacksPlain') : undefined}
        onChange={({ currentTarget }) => setLanguage(currentTarget.value)}
        w="10rem"
      />
      <Button
        variant="default"
        leftSection={<Icon name="add" />}
        disabled={isThere || isWrong || lacksPlain}
        onClick={() => {
          onAdd(part)
          setLanguage('')
        }}
      >
        {t('texts.add')}
      </Button>
    </Group>
  )
}
