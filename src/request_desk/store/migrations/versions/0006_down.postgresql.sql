ALTER TABLE template_version DROP COLUMN prompts
