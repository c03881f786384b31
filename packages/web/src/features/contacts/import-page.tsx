/** The import wizard: a file, what its columns mean, a dry run, and then the import itself, which goes on by itself. */
import { Stepper } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { ImportDryRun } from './import-dry-run.tsx'
import { ImportFile, type ReadFile } from './import-file.tsx'
import { ImportMapping } from './import-mapping.tsx'
import { wishOf, type Mapping } from './import-wish.ts'

/** The page at /contacts/import. */
export const ImportPage = () => {
  const { t } = useTranslation('contacts')
  const [read, setRead] = useState<ReadFile>()
  const [mapping, setMapping] = useState<Mapping>()
  const step = read === undefined ? 0 : mapping === undefined ? 1 : 2
  const goTo = (to: number): void => {
    if (to < 2) setMapping(undefined)
    if (to < 1) setRead(undefined)
  }
  return (
    <Page title={t('import.title')} about={t('import.about')}>
      <LinkText to="/contacts">{t('back')}</LinkText>
      <Stepper
        active={step}
        onStepClick={goTo}
        allowNextStepsSelect={false}
        size="xs"
        iconSize={28}
        wrap={false}
        maw="48rem"
      >
        <Stepper.Step label={t('import.steps.file')}>
          <ImportFile onRead={setRead} />
        </Stepper.Step>
        <Stepper.Step label={t('import.steps.mapping')}>
          {read === undefined ? null : <ImportMapping read={read} onMapped={setMapping} />}
        </Stepper.Step>
        <Stepper.Step label={t('import.steps.check')}>
          {read === undefined || mapping === undefined ? null : (
            <ImportDryRun read={read} wish={wishOf(read, mapping)} onBack={() => goTo(1)} />
          )}
        </Stepper.Step>
      </Stepper>
    </Page>
  )
}
